//! A database, a folder of recordings, calls that are over, and purgers as nodes have them.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use app::ports::Clock;
use app::ports::store::{AuditFilter, CallStore, NewCall, NewEvent, Store};
use domain::agent::{Agent, AgentState};
use domain::audit::AuditEntry;
use domain::call::{Call, CallKey, Parties};
use domain::call_event::{CallFact, Ending};
use domain::callee::Callee;
use domain::organization::Organization;
use domain::outcome::{AnsweredBy, Blame, CallStatus, EndReason, Evidence};
use domain::phone_number::PhoneNumber;
use domain::retention::{AgentRetention, Keep, Retention};
use domain::time::{Mono, Timestamp};
use domain::{AgentId, AgentVersionId, CallId, EventId, NodeId, OrganizationId, RecordingFolderId};
use retention::{Purged, Purger, PurgerContext, PurgerSettings, RecordingsFolder};
use store::SqlStore;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The day on which calls of these tests end.
pub(crate) const ENDED: i64 = 1_900_000_000;
pub(crate) const DAY: i64 = 86_400;

/// Stands until it is set.
pub(crate) struct SetClock(AtomicI64);

impl SetClock {
    pub(crate) fn set(&self, second: i64) {
        self.0.store(second, Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::Relaxed)).unwrap()
    }
    fn mono(&self) -> Mono {
        Mono(Duration::ZERO)
    }
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}

pub(crate) struct World {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) organization: OrganizationId,
    agent: Agent,
    disk: TempDir,
}

impl World {
    /// Recordings are kept for a week and what was said for two.
    pub(crate) async fn new() -> Self {
        let disk = TempDir::new().unwrap();
        let store = SqlStore::open(disk.path().join("outdial.db").to_str().unwrap()).await.unwrap();
        let created_at = Timestamp::from_second(ENDED).unwrap();
        let retention =
            Retention { recordings_days: Keep::Days(7), transcripts_days: Keep::Days(14), mask_numbers: true };
        let organization = Organization {
            id: OrganizationId(Uuid::now_v7()),
            name: "acme".into(),
            default_region: None,
            allowed_countries: Vec::new(),
            policy: Default::default(),
            caps: Default::default(),
            retention,
            created_at,
        };
        let agent = Agent {
            id: AgentId(Uuid::now_v7()),
            organization: organization.id,
            slug: "ann".into(),
            state: AgentState::Draft,
            number: None,
            calls_per_second: None,
            live_calls: None,
            policy: None,
            retention: AgentRetention::default(),
            draft: Arc::default(),
            published: None,
            created_at,
            updated_at: created_at,
        };
        let store: Arc<dyn Store> = Arc::new(store);
        store.insert_organization(&organization).await.unwrap();
        store.insert_agent(&agent).await.unwrap();
        let clock = Arc::new(SetClock(AtomicI64::new(ENDED)));
        Self { store, clock, organization: organization.id, agent, disk }
    }

    pub(crate) fn root(&self, name: &str) -> PathBuf {
        self.disk.path().join(name)
    }

    pub(crate) fn folder(&self, name: &str) -> RecordingsFolder {
        RecordingsFolder::open(&self.root(name), RecordingFolderId(Uuid::now_v7())).unwrap()
    }

    /// A node that records into the folder of that name.
    pub(crate) fn node(&self, folder: &str) -> Purger {
        let context = PurgerContext {
            store: self.store.clone(),
            clock: self.clock.clone(),
            folder: self.folder(folder),
            settings: PurgerSettings::default(),
        };
        Purger::new(NodeId(Uuid::now_v7()), context)
    }

    /// A round so many days after the calls ended.
    pub(crate) async fn round(&self, node: &Purger, days: i64) -> Purged {
        self.clock.set(ENDED + days * DAY);
        node.round(&CancellationToken::new()).await
    }

    /// A call that is over, with its file if it was `recorded` into that folder.
    pub(crate) async fn call(&self, recorded: Option<&str>) -> Call {
        let queued = self.queued().await;
        self.end(queued, recorded).await
    }

    pub(crate) async fn queued(&self) -> Call {
        let now = Timestamp::from_second(ENDED).unwrap();
        let placed = self.store.insert_call(NewCall::plain(self.blank(now), event(now, CallFact::Queued))).await;
        placed.unwrap().call
    }

    pub(crate) async fn end(&self, mut call: Call, recorded: Option<&str>) -> Call {
        let now = Timestamp::from_second(ENDED).unwrap();
        if let Some(name) = recorded {
            call.recording_folder = Some(self.folder(name).id());
            call.recording = Some(path_of(call.id));
            self.write(name, &path_of(call.id));
        }
        let ending = Ending {
            status: CallStatus::Completed,
            end_reason: EndReason::AgentHangup,
            blame: Blame::Us,
            answered_by: AnsweredBy::Human,
            duration_ms: 1,
            outcome: None,
            evidence: Evidence::default(),
        };
        let over = event(now, CallFact::Ended(Box::new(ending)));
        call.apply(now, &over.fact);
        self.store.end_queued(&call, over).await.unwrap();
        while self.store.fan_out(now).await.unwrap().events > 0 {}
        self.read(call.id).await
    }

    pub(crate) fn write(&self, folder: &str, path: &str) -> PathBuf {
        let file = self.root(folder).join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, b"RIFF").unwrap();
        file
    }

    pub(crate) fn file(&self, folder: &str, call: &Call) -> PathBuf {
        self.root(folder).join(path_of(call.id))
    }

    pub(crate) async fn read(&self, call: CallId) -> Call {
        CallStore::call(self.store.as_ref(), self.organization, &CallKey::Id(call)).await.unwrap().unwrap()
    }

    pub(crate) async fn audit(&self) -> Vec<AuditEntry> {
        let filter = AuditFilter { limit: 200, ..AuditFilter::default() };
        self.store.audit(self.organization, &filter).await.unwrap().items
    }

    fn blank(&self, created_at: Timestamp) -> Call {
        let parties = Parties {
            organization: self.organization,
            agent: self.agent.id,
            agent_slug: "ann".into(),
            agent_version: AgentVersionId(Uuid::now_v7()),
            to: Callee::parse("+15551234567", None).unwrap(),
            from: PhoneNumber::parse("+15550001000", None).unwrap(),
        };
        Call {
            variables: [("name".to_owned(), "Zebedee".to_owned())].into(),
            ..Call::queued(CallId(Uuid::now_v7()), parties, created_at)
        }
    }
}

pub(crate) fn path_of(call: CallId) -> String {
    format!("2030/03/17/{call}.wav")
}

fn event(at: Timestamp, fact: CallFact) -> NewEvent {
    NewEvent { id: EventId(Uuid::now_v7()), at, fact }
}
