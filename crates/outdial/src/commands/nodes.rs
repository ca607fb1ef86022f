//! `outdial nodes`.

use anyhow::Result;
use api::wire::Listing;
use api::wire::nodes::Node;

use crate::cli::Nodes;
use crate::client::{Client, segment};
use crate::output::Output;

/// Runs the command.
pub async fn run(command: Nodes, output: Output) -> Result<()> {
    match command {
        Nodes::List { remote } => {
            let nodes: Listing<Node> = Client::new(&remote)?.get("/v1/nodes").await?;
            output.rows(&nodes.items, ["NODE", "NAME", "VERSION", "STATE", "CALLS", "LAST BEAT", "SINCE"], |node| {
                [
                    node.id.clone(),
                    node.name.clone(),
                    node.version.clone(),
                    state(node),
                    node.live_calls.to_string(),
                    node.last_beat_at.to_string(),
                    node.started_at.to_string(),
                ]
            })?;
        }
        Nodes::Drain { node, remote } => {
            let path = format!("/v1/nodes/{}/drain", segment(&node));
            let node: Node = Client::new(&remote)?.act(&path).await?;
            output.either(&node, |node| {
                format!("{} claims no more calls; it held {} when it was last heard of", node.name, node.live_calls)
            })?;
        }
        Nodes::Resume { node, remote } => {
            let path = format!("/v1/nodes/{}/resume", segment(&node));
            let node: Node = Client::new(&remote)?.act(&path).await?;
            output.either(&node, |node| format!("{} claims calls again", node.name))?;
        }
    }
    Ok(())
}

/// What a node does, and what is asked of it where it does not do that yet.
fn state(node: &Node) -> String {
    let state = node.state.0.as_str();
    match (node.alive, state) {
        (false, _) => "lost".to_owned(),
        (true, "running") if node.drain_wanted => "running, to drain".to_owned(),
        (true, "draining") if !node.drain_wanted => "draining, to resume".to_owned(),
        (true, _) => state.to_owned(),
    }
}
