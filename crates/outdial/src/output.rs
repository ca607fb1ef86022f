//! What commands print: text for people, JSON for programs. A closed pipe is no error.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

/// Where a command's result goes.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// `--json` was given.
    pub json: bool,
}

impl Output {
    /// Prints one line.
    pub fn line(self, text: &str) -> io::Result<()> {
        forgive_closed_pipe(writeln!(io::stdout().lock(), "{text}"))
    }

    /// Prints a value as JSON, indented for people.
    pub fn value<T: Serialize>(self, value: &T) -> io::Result<()> {
        self.line(&serde_json::to_string_pretty(value)?)
    }

    /// Prints a value as one line of JSON.
    pub fn json_line<T: Serialize>(self, value: &T) -> io::Result<()> {
        self.line(&serde_json::to_string(value)?)
    }

    /// Prints a value as JSON, or else the line that `text` makes of it.
    pub fn either<T: Serialize>(self, value: &T, text: impl FnOnce(&T) -> String) -> io::Result<()> {
        if self.json { self.value(value) } else { self.line(&text(value)) }
    }

    /// Prints rows as JSON, or else as columns that `cells` makes of them.
    pub fn rows<T: Serialize, const N: usize>(
        self,
        rows: &[T],
        head: [&str; N],
        cells: impl Fn(&T) -> [String; N],
    ) -> io::Result<()> {
        if self.json {
            return self.value(&rows);
        }
        let body: Vec<[String; N]> = rows.iter().map(cells).collect();
        let width = |column: usize| {
            let cells = body.iter().map(|row| row[column].chars().count());
            cells.chain([head[column].chars().count()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..N).map(width).collect();
        let print = |cells: &[&str]| {
            let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            self.line(padded.collect::<Vec<_>>().join("  ").trim_end())
        };
        print(&head)?;
        for row in &body {
            print(&row.each_ref().map(String::as_str))?;
        }
        Ok(())
    }

    /// Whether a person is watching, so that a line may be drawn over.
    pub fn is_terminal(self) -> bool {
        !self.json && io::stdout().is_terminal()
    }

    /// Writes raw text without an end of line.
    pub fn raw(self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        forgive_closed_pipe(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
    }
}

fn forgive_closed_pipe(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Prints one line for a person on standard error.
pub fn complain(text: &str) {
    // Nobody is left to tell when standard error itself is gone.
    let _ = writeln!(io::stderr().lock(), "{text}");
}
