//! A database in which much waits: one row of each kind by way of the store, and copies of it by way of SQL.

use app::ports::store::{CallStore, TenantStore, WalletStore, WebhookStore};
use domain::money::Money;
use domain::suppression::{Suppression, SuppressionSource};
use domain::wallet::{LedgerKind, Rate, Wallet, WalletSettings};
use domain::{LedgerEntryId, SuppressionId};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait, Iden, Iterable};

use super::builders::{Tenant, at, number, uuid};
use super::way;
use crate::SqlStore;
use crate::rows::{
    agents, call_bounds, call_events, callees, calls, cap_uses, deliveries, dials, kept_answers, ledger, numbers,
    outbox, suppressions,
};

/// Calls that wait.
const CALLS: u32 = 100_000;
/// Rows of every other kind.
const OTHERS: u32 = 20_000;

/// Tables that must not be read whole.
pub(super) const LARGE: [&str; 14] = [
    "agents",
    "call_bounds",
    "call_events",
    "callees",
    "calls",
    "cap_uses",
    "deliveries",
    "dials",
    "kept_answers",
    "ledger",
    "numbers",
    "outbox",
    "queue",
    "suppressions",
];

/// Fills the database.
pub(super) async fn seed(store: &SqlStore, connection: &DatabaseConnection) -> Tenant {
    let tenant = Tenant::in_store(store, "acme").await;
    one_of_each(store, &tenant).await;
    let copies = Copies { connection };
    let [id, telephone, text] = [copies.uuid(), "'+1555' || (2000000 + i)", "'copy' || i"];
    copies.of::<calls::Entity>(CALLS, &[("id", id), ("to_number", telephone), ("created_at", "created_at + i")]).await;
    connection
        .execute_unprepared(
            "INSERT INTO queue (call, sequence, due_at, epoch) SELECT id, sequence, created_at, 0 FROM calls \
             WHERE id NOT IN (SELECT call FROM queue)",
        )
        .await
        .unwrap();
    copies.of::<call_events::Entity>(CALLS, &[("id", id), ("call", id)]).await;
    copies.of::<outbox::Entity>(CALLS, &[("call", id)]).await;
    copies.of::<call_bounds::Entity>(OTHERS, &[("call", id)]).await;
    copies.of::<ledger::Entity>(OTHERS, &[("id", id), ("call", id)]).await;
    copies.of::<cap_uses::Entity>(OTHERS, &[("scope", text)]).await;
    copies.of::<kept_answers::Entity>(OTHERS, &[("key", text)]).await;
    copies.of::<dials::Entity>(OTHERS, &[("call", id), ("number", telephone)]).await;
    copies.of::<callees::Entity>(OTHERS, &[("number", telephone)]).await;
    // Nobody is called who is on the list, nor is an own number.
    let uncalled = "'+1666' || (2000000 + i)";
    copies.of::<suppressions::Entity>(OTHERS, &[("id", id), ("number", uncalled)]).await;
    copies.of::<numbers::Entity>(OTHERS, &[("id", id), ("number", uncalled)]).await;
    copies.of::<agents::Entity>(OTHERS, &[("id", id), ("slug", text)]).await;
    copies.of::<deliveries::Entity>(OTHERS, &[("id", id), ("event", id), ("call", id), ("due_at", "due_at + i")]).await;
    if connection.get_database_backend() == DbBackend::Postgres {
        connection.execute_unprepared("ANALYZE").await.unwrap();
    }
    let waiting = connection
        .query_all_raw(sea_orm::Statement::from_string(
            connection.get_database_backend(),
            "SELECT CAST(count(*) AS BIGINT) AS waiting FROM queue WHERE owner IS NULL",
        ))
        .await
        .unwrap();
    let waiting: i64 = waiting[0].try_get("", "waiting").unwrap();
    assert!(waiting >= i64::from(CALLS));
    tenant
}

/// By way of the store, so that the copies look as its rows do.
async fn one_of_each(store: &SqlStore, tenant: &Tenant) {
    let organization = tenant.organization.id;
    let rate = Rate { rate_per_minute: Money::from_micros(1), increment_s: 60, minimum_s: 0, per_attempt: Money::ZERO };
    let settings = WalletSettings {
        currency: "USD".to_owned(),
        rate,
        rules: Vec::new(),
        low_balance: None,
        credit: Money::ZERO,
        hold_at_most_s: 60,
    };
    let wallet = Wallet {
        organization,
        settings,
        available: Money::ZERO,
        held: Money::ZERO,
        frozen_at: None,
        created_at: at(0),
        updated_at: at(0),
    };
    let opening = app::ports::store::NewEntry {
        id: LedgerEntryId(uuid()),
        organization,
        kind: LedgerKind::TopUp,
        amount: Money::from_micros(1_000_000_000),
        at: at(0),
        note: None,
    };
    store.open_wallet(&wallet, Some(opening)).await.unwrap();
    let entry = Suppression {
        id: SuppressionId(uuid()),
        organization,
        number: number("+15557654321").into(),
        reason: "asked".to_owned(),
        source: SuppressionSource::Api,
        call: None,
        note: None,
        created_at: at(0),
        expires_at: None,
    };
    store.suppress(&entry).await.unwrap();
    store.insert_call(way::bound(tenant, "first")).await.unwrap();
    store.insert_endpoint(&way::endpoint(tenant)).await.unwrap();
    way::dialed(store, tenant).await;
    store.fan_out(at(3)).await.unwrap();
    tenant.queued(store, at(4)).await;
}

struct Copies<'c> {
    connection: &'c DatabaseConnection,
}

impl Copies<'_> {
    fn uuid(&self) -> &'static str {
        match self.connection.get_database_backend() {
            DbBackend::Sqlite => "randomblob(16)",
            _ => "gen_random_uuid()",
        }
    }

    /// Copies of the table's first row, with other values in these columns; a counter counts on by itself.
    async fn of<E: EntityTrait>(&self, rows: u32, other: &[(&str, &str)]) {
        let (table, counters) = (E::default().unquoted().to_owned(), ["position"]);
        let columns: Vec<String> = E::Column::iter().map(|column| column.unquoted().to_owned()).collect();
        let counter = |column: &str| counters.contains(&column) || (table == "calls" && column == "sequence");
        let columns: Vec<&str> = columns.iter().map(String::as_str).filter(|column| !counter(column)).collect();
        let quoted: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
        let values: Vec<String> = columns
            .iter()
            .zip(&quoted)
            .map(|(column, quoted)| {
                other.iter().find(|(name, _)| name == column).map_or(quoted.clone(), |(_, value)| (*value).to_owned())
            })
            .collect();
        let numbers = match self.connection.get_database_backend() {
            DbBackend::Sqlite => format!(
                "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) SELECT i FROM n)"
            ),
            _ => format!("generate_series(1, {rows}) AS n(i)"),
        };
        let (into, from) = (quoted.join(", "), values.join(", "));
        let copy = format!(
            "INSERT INTO \"{table}\" ({into}) SELECT {from} FROM (SELECT * FROM \"{table}\" LIMIT 1) AS template, {numbers}"
        );
        let copied = self.connection.execute_unprepared(&copy).await;
        assert_eq!(
            copied.map(|done| done.rows_affected()).map_err(|error| error.to_string()),
            Ok(u64::from(rows)),
            "{table}"
        );
    }
}
