//! What every implementation of the ports must do. `tests!` lists the tests; each takes an empty store.

pub(crate) mod audit;
pub(crate) mod bounds;
pub(crate) mod calls;
pub(crate) mod dialects;
pub(crate) mod members;
pub(crate) mod nodes;
pub(crate) mod pacing;
pub(crate) mod policy;
pub(crate) mod queue;
pub(crate) mod retention;
pub(crate) mod set_up;
pub(crate) mod statistics;
pub(crate) mod wallet;
pub(crate) mod webhooks;

macro_rules! tests {
    ($open:expr) => {
        crate::contract::tests!(@list $open;
            set_up::what_is_stored_reads_back,
            set_up::names_are_unique_within_a_tenant_only,
            set_up::nothing_of_a_tenant_is_seen_by_another,
            set_up::what_is_in_use_is_not_deleted,
            set_up::a_key_that_is_used_stays_revoked,
            set_up::a_key_opens_by_its_current_secret_and_the_one_before,
            set_up::a_number_is_suppressed_once,
            set_up::versions_come_newest_first_and_numbers_do_not_repeat,
            audit::an_act_and_its_entry_are_stored_together_or_not_at_all,
            audit::the_log_is_filtered_and_paged,
            members::the_first_owner_comes_in_once,
            members::a_code_opens_once_and_not_after_its_end,
            members::a_tenant_keeps_one_owner_whoever_comes_first,
            members::an_account_goes_with_its_last_place,
            members::who_is_signed_in_is_read_with_role_and_place,
            nodes::a_node_shows_itself_and_is_alive_for_a_lease,
            nodes::what_is_asked_of_a_node_and_what_it_does_are_kept_apart,
            nodes::lost_nodes_are_shown_for_a_day,
            calls::a_call_is_stored_with_its_first_event,
            calls::a_call_answers_to_all_its_names,
            calls::facts_are_numbered_without_gaps_and_change_the_call,
            calls::a_repeated_append_changes_nothing,
            calls::nothing_follows_the_end_of_a_call,
            calls::a_queued_call_is_ended_once_and_never_claimed,
            calls::a_claimed_call_cannot_be_ended_as_queued,
            calls::pages_neither_skip_nor_repeat,
            calls::filters_narrow_a_listing,
            calls::a_foreign_cursor_is_refused,
            statistics::calls_that_are_alike_are_summed,
            statistics::replies_are_counted_by_how_long_they_took,
            statistics::calls_over_a_trunk_are_told_newest_first,
            calls::events_of_all_calls_are_read_by_position,
            calls::a_thousand_creates_at_once_are_all_there,
            calls::one_bad_create_does_not_spoil_its_batch,
            policy::a_lapsed_entry_gives_way_and_a_standing_one_stays,
            policy::a_contact_keeps_its_numbers_to_itself_and_off_the_telephone,
            policy::a_consent_is_recorded_and_withdrawn_once,
            policy::calls_to_one_person_are_counted_in_the_commit_that_dials,
            policy::an_opt_out_that_was_answered_stops_every_dial_that_is_not_committed,
            policy::creates_that_nobody_judged_are_handed_back_if_listed,
            policy::decisions_are_kept_for_a_while_and_paged,
            dialects::every_agent_has_a_name_in_every_api,
            dialects::a_given_name_is_found_and_is_unique_within_its_tenant,
            dialects::credentials_are_found_by_their_token_and_replace_older_ones,
            dialects::calls_are_listed_by_page_number,
            dialects::of_creates_at_once_that_want_to_be_alone_one_is_stored,
            queue::a_claim_brings_all_that_is_needed_to_dial,
            queue::calls_are_claimed_in_order_and_not_before_they_are_due,
            queue::eight_claimers_get_each_call_exactly_once,
            queue::a_requeued_call_is_claimed_again_under_a_new_epoch,
            queue::a_lost_lease_cannot_write,
            queue::a_heartbeat_extends_the_leases_of_its_node_only,
            queue::what_a_node_holds_without_knowing_is_resolved_by_evidence,
            queue::a_heartbeat_names_as_many_calls_as_a_node_may_hold,
            queue::a_sweep_queues_what_was_not_dialed_and_hands_over_what_may_have_rung,
            queue::about_to_dial_is_said_once_per_claim,
            queue::a_number_that_came_onto_the_list_is_not_dialed,
            queue::live_calls_are_counted_by_trunk,
            queue::a_call_that_may_have_rung_is_never_queued_again,
            queue::the_queue_has_a_clock,
            pacing::a_pace_lets_calls_go_evenly_and_in_order,
            pacing::every_scope_has_a_pace,
            pacing::calls_at_once_are_counted_for_every_scope,
            pacing::who_waits_for_a_pace_holds_up_nobody_else,
            pacing::a_call_that_waits_for_one_line_takes_nothing_of_another,
            pacing::nodes_that_claim_at_once_keep_to_one_pace_and_one_number_of_channels,
            pacing::a_lifted_limit_lets_the_line_go,
            pacing::a_canceled_call_leaves_its_line,
            wallet::a_call_holds_settles_and_releases,
            wallet::a_call_canceled_in_the_queue_costs_nothing,
            wallet::many_creates_at_once_never_take_more_than_there_is,
            wallet::credit_is_used_and_not_exceeded,
            wallet::a_low_balance_is_told_once_per_crossing,
            wallet::a_frozen_wallet_stops_calls_before_they_ring,
            bounds::caps_take_all_or_nothing_and_never_too_much,
            bounds::a_use_that_returns_makes_room_and_money_is_corrected,
            bounds::a_mark_counts_once,
            bounds::a_brake_holds_until_it_is_released,
            bounds::one_key_makes_one_call_however_many_ask,
            bounds::a_refused_create_leaves_its_key_free,
            bounds::an_answer_is_forgotten_when_it_expires,
            bounds::a_reservation_has_one_holder_and_lapses,
            bounds::what_expired_is_purged_in_batches,
            pacing::a_turn_taken_at_create_is_refused_or_kept,
            pacing::creates_at_once_keep_to_the_pace,
            queue::facts_appended_at_once_are_numbered_without_gaps,
            webhooks::an_endpoint_reads_back_and_its_secrets_rotate,
            webhooks::every_event_becomes_one_delivery_per_endpoint_that_wants_it,
            webhooks::fanning_out_side_by_side_loses_and_doubles_nothing,
            webhooks::a_call_is_told_in_order_and_one_endpoint_does_not_hold_up_another,
            webhooks::lanes_keep_to_their_room,
            webhooks::a_lost_lease_cannot_say_how_it_went,
            webhooks::what_is_told_twice_is_told_in_the_same_words,
            webhooks::a_dead_endpoint_is_switched_off_with_a_notice,
            webhooks::what_was_given_up_is_sent_again_under_its_id,
            webhooks::a_replay_brings_what_was_missed,
            webhooks::finished_deliveries_are_purged_and_the_backlog_counts_the_rest,
            retention::only_agents_that_do_not_keep_all_have_a_rule,
            retention::recordings_are_due_by_folder_and_age_and_go_once,
            retention::what_was_said_goes_with_its_traces_and_the_number_is_masked,
            retention::what_webhooks_wait_to_tell_is_kept_for_an_hour,
            retention::what_receivers_answered_goes_too,
            retention::sip_messages_are_kept_once_and_go_with_the_content,
            retention::nodes_that_purge_at_once_empty_each_call_once,
            retention::files_are_known_by_their_calls,
            retention::a_chore_has_one_doer_and_passes_on_when_that_one_is_lost,
            retention::dials_and_unused_numbers_are_forgotten,
        );
    };
    (@list $open:expr; $($module:ident::$name:ident,)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let opened = $open.await;
            crate::contract::$module::$name(opened.store.as_ref()).await;
        }
    )*};
}
pub(crate) use tests;
