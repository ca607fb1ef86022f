//! The recording as a picture: how loud each side was, piece by piece.

use std::path::PathBuf;

use axum::extract::State;
use utoipa::ToSchema;

use super::recording::recorded_path;
use crate::authenticate::{Caller, CallsRead};
use crate::extract::{Name, Query};
use crate::problem::{HttpFault, Problem};
use crate::router::ApiState;

/// Pieces a second where the client does not say, and the most of them.
const USUAL: u32 = 50;
const MOST: u32 = 100;
/// Most pieces of one answer; longer recordings get fewer a second.
const PIECES: u32 = 100_000;

/// How fine.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AskPeaks {
    per_second: Option<u32>,
}

/// Peaks of both sides, 0 (silence) to 100 (full scale).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, ToSchema)]
pub(super) struct Peaks {
    /// Pieces a second: what was asked for, or less for a long recording.
    per_second: u32,
    /// The callee's.
    callee: Vec<u8>,
    /// The agent's.
    agent: Vec<u8>,
}

/// Read the recording's peaks
///
/// For drawing a long recording without loading it.
#[utoipa::path(get, path = "/v1/calls/{call}/recording/peaks", tag = "calls", security(("api_key" = ["calls:read"])),
    params(("call" = String, Path, description = "Id, sequence or SIP Call-ID"),
        ("per_second" = Option<u32>, Query, description = "Pieces a second, 1 to 100; 50 where nothing is said")),
    responses(
        (status = 200, description = "The peaks", body = Peaks),
        (status = "4XX", description = "Refused, or not recorded (yet)", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(super) async fn get_peaks(
    State(state): State<ApiState>,
    caller: Caller<CallsRead>,
    name: Name,
    Query(query): Query<AskPeaks>,
) -> Result<axum::Json<Peaks>, Problem> {
    let per_second = query.per_second.unwrap_or(USUAL);
    if !(1..=MOST).contains(&per_second) {
        return Err(Problem::field("?per_second", format!("must lie between 1 and {MOST}")));
    }
    let call = state.platform.get_call(&caller.0, &name.0).await?;
    let path = state.recordings.join(recorded_path(&call)?);
    // Reads a file from its beginning to its end: no work for a thread that others wait for.
    let read = tokio::task::spawn_blocking(move || peaks_of(path, per_second)).await;
    match read {
        Ok(Ok(peaks)) => Ok(axum::Json(peaks)),
        failed => {
            tracing::warn!(call.id = %call.id, ?failed, "the recording could not be read");
            Err(Problem::http(HttpFault::Internal, "the recording could not be read; is it on another node's disk?"))
        }
    }
}

fn peaks_of(path: PathBuf, wanted: u32) -> Result<Peaks, hound::Error> {
    let mut file = hound::WavReader::open(path)?;
    let (rate, frames) = (file.spec().sample_rate.max(1), file.duration());
    if file.spec().channels != 2 {
        return Err(hound::Error::Unsupported);
    }
    let seconds = frames.div_ceil(rate).max(1);
    let per_second = wanted.min((PIECES / seconds).max(1));
    let piece = usize::try_from(rate / per_second).unwrap_or(1).max(1) * 2;
    let mut peaks = Peaks { per_second, callee: Vec::new(), agent: Vec::new() };
    let (mut sample, mut loudest) = (0, [0_u16; 2]);
    for value in file.samples::<i16>() {
        let side = &mut loudest[sample % 2];
        *side = (*side).max(value?.unsigned_abs());
        sample += 1;
        if sample == piece {
            push(&mut peaks, loudest);
            (sample, loudest) = (0, [0; 2]);
        }
    }
    if sample > 0 {
        push(&mut peaks, loudest);
    }
    Ok(peaks)
}

/// Agent left, callee right.
fn push(peaks: &mut Peaks, [agent, callee]: [u16; 2]) {
    let scaled = |loudest: u16| u8::try_from(u32::from(loudest) * 100 / 32_768).unwrap_or(100);
    peaks.agent.push(scaled(agent));
    peaks.callee.push(scaled(callee));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_side_has_its_own_peaks() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("call.wav");
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: 8_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut file = hound::WavWriter::create(&path, spec).unwrap();
        for n in 0..8_400_i16 {
            file.write_sample(if n < 4_000 { 16_384 } else { 0 }).unwrap();
            file.write_sample(if n == 8_399 { i16::MIN } else { 0 }).unwrap();
        }
        file.finalize().unwrap();
        let peaks = peaks_of(path, 10).unwrap();
        assert_eq!((peaks.per_second, peaks.agent.len(), peaks.callee.len()), (10, 11, 11));
        assert_eq!(peaks.agent[..], [50, 50, 50, 50, 50, 0, 0, 0, 0, 0, 0]);
        assert_eq!(peaks.callee[..], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100]);
    }
}
