//! `outdial wallet`.

use anyhow::{Context, Result};
use api::wire::Listing;
use api::wire::wallet::{CreateTopUp, LedgerEntry, LedgerPage, SetWallet, Usage, Wallet};
use clap::Subcommand;
use domain::money::Money;
use reqwest::Method;

use crate::cli::Remote;
use crate::client::{Client, segment};
use crate::output::Output;

/// Prices, money and what was used.
#[derive(Debug, Subcommand)]
pub enum WalletCommand {
    /// Show balance and prices.
    Show {
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Open the wallet, or set its prices and limits; rules by destination are set over the API.
    Set {
        /// ISO 4217.
        #[arg(long)]
        currency: String,
        /// What a minute of talk costs, such as 0.10.
        #[arg(long)]
        rate_per_minute: Money,
        /// Seconds that are charged at once.
        #[arg(long, default_value_t = 60)]
        increment_s: u32,
        /// Charged for every attempt.
        #[arg(long, default_value = "0")]
        per_attempt: Money,
        /// Level below which `wallet.low_balance` is told.
        #[arg(long)]
        low_balance: Option<Money>,
        /// What is in it when it is opened.
        #[arg(long, default_value = "0")]
        balance: Money,
        /// Make no calls until it is set without this.
        #[arg(long)]
        frozen: bool,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Bring money in.
    TopUp {
        /// How much, such as 25.00.
        amount: Money,
        /// An invoice, a reason.
        #[arg(long)]
        note: Option<String>,
        /// Your own name for this top-up: repeated with it, nothing more comes in.
        #[arg(long, value_name = "KEY")]
        idempotency_key: Option<String>,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// List moves of money, newest first.
    Ledger {
        /// Only those of this call, by id.
        #[arg(long)]
        call: Option<String>,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// What was used in the last 30 days, per day, agent and key.
    Usage {
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
}

/// Runs the command.
pub async fn run(command: WalletCommand, output: Output) -> Result<()> {
    match command {
        WalletCommand::Show { remote } => show(&Client::new(&remote)?.get("/v1/wallet").await?, output),
        WalletCommand::TopUp { amount, note, idempotency_key, remote } => {
            let new = CreateTopUp { amount, adjustment: false, note };
            let client = Client::new(&remote)?;
            let mut request = client.request(Method::POST, "/v1/wallet/top-ups").json(&new);
            if let Some(key) = idempotency_key {
                request = request.header("Idempotency-Key", key);
            }
            let entry: LedgerEntry = client.answer(request).await?;
            output.either(&entry, |entry| format!("{} available after {}", entry.available_after, entry.amount))?;
            Ok(())
        }
        WalletCommand::Ledger { call, remote } => {
            let query = call.map(|call| format!("&call={}", segment(&call))).unwrap_or_default();
            let page: LedgerPage = Client::new(&remote)?.get(&format!("/v1/wallet/ledger?limit=200{query}")).await?;
            output.rows(&page.items, ["AT", "KIND", "AMOUNT", "AVAILABLE", "HELD", "CALL"], |entry| {
                let call = entry.call_id.clone().unwrap_or_default();
                let amounts = [entry.amount, entry.available_after, entry.held_after].map(|money| money.to_string());
                let [amount, available, held] = amounts;
                [entry.at.to_string(), entry.kind.clone(), amount, available, held, call]
            })?;
            Ok(())
        }
        WalletCommand::Usage { remote } => {
            let used: Listing<Usage> = Client::new(&remote)?.get("/v1/usage").await?;
            output.rows(&used.items, ["DAY", "AGENT", "KEY", "CALLS", "ANSWERED", "MINUTES", "COST"], |row| {
                let minutes = row.talk_ms / 60_000;
                let day = row.day.to_string().chars().take(10).collect();
                let key = row.key_id.clone().unwrap_or_default();
                let counts = [row.calls, row.answered, minutes].map(|n| n.to_string());
                let [calls, answered, minutes] = counts;
                [day, row.agent.clone(), key, calls, answered, minutes, row.cost.to_string()]
            })?;
            Ok(())
        }
        WalletCommand::Set {
            currency,
            rate_per_minute,
            increment_s,
            per_attempt,
            low_balance,
            balance,
            frozen,
            remote,
        } => {
            let client = Client::new(&remote)?;
            // What the command line does not name stays as it is.
            let now: Option<Wallet> = client.find("/v1/wallet").await?;
            let mut wanted: SetWallet = serde_json::from_value(serde_json::json!({
                "currency": currency,
                "rate_per_minute": rate_per_minute,
                "increment_s": increment_s,
                "per_attempt": per_attempt,
                "low_balance": low_balance,
                "balance": balance,
                "frozen": frozen,
            }))
            .context("a wallet of these prices")?;
            if let Some(now) = now {
                let Wallet { rules, minimum_s, credit, hold_at_most_s, .. } = now;
                wanted = SetWallet { rules, minimum_s, credit, hold_at_most_s, ..wanted };
            }
            let set: Wallet = client.answer(client.request(Method::PUT, "/v1/wallet").json(&wanted)).await?;
            show(&set, output)
        }
    }
}

fn show(wallet: &Wallet, output: Output) -> Result<()> {
    output.either(wallet, |wallet| {
        let frozen = if wallet.frozen_at.is_some() { ", frozen" } else { "" };
        format!(
            "{} {} ({} held), {} a minute in steps of {} s{frozen}",
            wallet.balance, wallet.currency, wallet.held, wallet.rate_per_minute, wallet.increment_s
        )
    })?;
    Ok(())
}
