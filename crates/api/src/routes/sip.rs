//! What went over the wire for a call.

use axum::extract::State;

use crate::authenticate::{Caller, CallsRead};
use crate::extract::Name;
use crate::problem::Problem;
use crate::router::ApiState;
use crate::wire::sip::SipMessages;

/// Read the SIP messages
///
/// Kept when the call is over, without credentials; bodies are session descriptions only. They go with what was said in the
/// call, by age or on request. Where the agent masks what is said, they name nobody but the call's own two numbers.
#[utoipa::path(get, path = "/v1/calls/{call}/sip", tag = "calls", security(("api_key" = ["calls:read"])),
    params(("call" = String, Path, description = "Id, sequence or SIP Call-ID")),
    responses(
        (status = 200, description = "The messages; none of a call that is not over, or never left", body = SipMessages),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn get_sip_messages(
    State(state): State<ApiState>,
    caller: Caller<CallsRead>,
    name: Name,
) -> Result<axum::Json<SipMessages>, Problem> {
    Ok(axum::Json(state.platform.sip_messages(&caller.0, &name.0).await?.into()))
}
