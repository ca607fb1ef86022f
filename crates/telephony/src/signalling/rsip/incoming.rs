//! Requests from outside. Law: what belongs to a call of ours goes to its dialog; everything else is refused, and
//! nothing from outside starts a call: this is an outbound telephone.

use std::sync::Arc;

use rsipstack::dialog::dialog::Dialog;
use rsipstack::platform::CancellationToken;
use rsipstack::sip::{Header, HeadersExt as _, Method, StatusCode};
use rsipstack::transaction::TransactionReceiver;
use rsipstack::transaction::transaction::Transaction;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use super::super::Cause;
use super::requests::{allow_value, plain};
use super::{Shared, SipCounters};

/// Requests handled at once. Each lasts until its leg answers, seconds at worst; beyond it the peer retransmits.
const MAX_AT_ONCE: usize = 1024;

pub(super) async fn serve(mut incoming: TransactionReceiver, shared: Arc<Shared>, close: CancellationToken) {
    let slots = Arc::new(Semaphore::new(MAX_AT_ONCE));
    let tasks = TaskTracker::new();
    loop {
        let transaction = tokio::select! {
            biased;
            () = close.cancelled() => break,
            transaction = incoming.recv() => match transaction {
                Some(transaction) => transaction,
                None => break,
            },
        };
        let Ok(slot) = slots.clone().try_acquire_owned() else {
            SipCounters::count(&shared.counters.overload);
            continue;
        };
        let (shared, close) = (shared.clone(), close.clone());
        tasks.spawn(async move {
            tokio::select! {
                biased;
                () = close.cancelled() => {}
                () = handle(transaction, &shared) => {}
            }
            drop(slot);
        });
    }
    tasks.close();
    tasks.wait().await;
}

async fn handle(mut transaction: Transaction, shared: &Shared) {
    if shared.layer.match_dialog(&transaction).is_none() {
        settled(&transaction, shared).await;
    }
    let result = match shared.layer.match_dialog(&transaction) {
        Some(dialog) => to_dialog(dialog, &mut transaction, shared).await,
        None => refuse(&mut transaction, shared).await,
    };
    if let Err(error) = result {
        tracing::debug!(method = %transaction.original.method, %error, "a request from outside could not be handled");
    }
}

/// A BYE on the heels of a 200 (both lay in the socket while this process stood still, or the network turned them
/// round) must not be refused because the leg has not seen its answer yet: the stack knows the dialog's tags only then.
async fn settled(transaction: &Transaction, shared: &Shared) {
    let in_dialog = transaction.original.to_header().is_ok_and(|to| to.tag().is_ok_and(|tag| tag.is_some()));
    let Ok(call_id) = transaction.original.call_id_header() else { return };
    if in_dialog && let Some(settled) = shared.registry.unsettled(call_id.value()) {
        // A lost 200 is sent again within two of its intervals; later than that it is not what is missing.
        let _ = tokio::time::timeout(shared.config.t1 * 4, settled.cancelled()).await;
    }
}

async fn to_dialog(mut dialog: Dialog, transaction: &mut Transaction, shared: &Shared) -> rsipstack::Result<()> {
    if transaction.original.method == Method::Bye {
        let causes = transaction.original.headers.iter().filter_map(|header| match header {
            Header::Reason(reason) => Some(Cause::parse_all(reason.value())),
            _ => None,
        });
        shared.registry.note_bye(&dialog.id().call_id, causes.flatten().collect());
    }
    dialog.handle(transaction).await
}

/// Answers what belongs to no dialog.
async fn refuse(transaction: &mut Transaction, shared: &Shared) -> rsipstack::Result<()> {
    let in_dialog = transaction.original.to_header()?.tag()?.is_some();
    let method = transaction.original.method;
    if method == Method::Options && !in_dialog {
        let headers = vec![Header::Allow(allow_value().into()), plain("Accept", "application/sdp")];
        return transaction.reply_with(StatusCode::OK, headers, None).await;
    }
    SipCounters::count(&shared.counters.unsolicited);
    let status = match method {
        Method::Ack => return Ok(()),
        _ if in_dialog => StatusCode::CallTransactionDoesNotExist,
        Method::Invite => StatusCode::Forbidden,
        Method::Bye | Method::Cancel => StatusCode::CallTransactionDoesNotExist,
        _ => StatusCode::MethodNotAllowed,
    };
    let headers = vec![Header::Allow(allow_value().into())];
    transaction.reply_with(status, headers, None).await?;
    if method == Method::Invite {
        // The stack absorbs the ACK, or gives up by its timer, only while the transaction is received from.
        while transaction.receive().await.is_some() {}
    }
    Ok(())
}
