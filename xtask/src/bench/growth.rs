//! How time and memory grow with nodes, rights and sessions.

use std::io;

use serde::Deserialize;

use super::{
    markdown::{figure, table},
    plot::{Line, lines},
    program,
    report::{Section, Setting},
    times::Rounds,
};

const NODES: [u16; 4] = [3, 10, 30, 100];

const RIGHTS: [u16; 3] = [1, 10, 100];

const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// The answers of `benches/programs/growth.rs`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfNodes {
    bytes: f64,
    start: Rounds,
    minting: Rounds,
    pkp_session: Rounds,
}

#[derive(Deserialize)]
struct OfRights {
    session: Rounds,
    minting: Rounds,
    verification: Rounds,
    bytes: f64,
}

#[derive(Deserialize)]
struct OfSessions {
    sessions: f64,
    bytes: f64,
    lookup: Rounds,
}

#[derive(Deserialize)]
struct OfClients {
    bytes: f64,
}

pub(super) fn measure(setting: &Setting) -> io::Result<Section> {
    let mut section = Section::default();
    nodes(&mut section)?;
    rights(&mut section)?;
    sessions(setting, &mut section)?;
    clients(setting, &mut section)?;
    Ok(section)
}

fn nodes(section: &mut Section) -> io::Result<()> {
    let mut measured = Vec::new();
    for nodes in NODES {
        let of_nodes: OfNodes = program::run("growth", &["nodes", &nodes.to_string()])?;
        measured.push((f64::from(nodes), of_nodes));
    }
    let rows = measured.iter().map(|(nodes, of)| {
        vec![
            nodes.to_string(),
            figure(of.start.median()),
            figure(of.bytes / MEBIBYTE),
            figure(of.bytes / nodes / MEBIBYTE),
            figure(of.minting.median()),
            figure(of.pkp_session.median()),
        ]
    });
    let head = [
        "nodes",
        "start, ms",
        "memory, MiB",
        "MiB per node",
        "minting, ms",
        "PKP session, ms",
    ];
    let line = |name, value: fn(&OfNodes) -> &Rounds| Line {
        name,
        points: (measured.iter())
            .map(|(nodes, of)| (*nodes, value(of).median()))
            .collect(),
    };
    let plot = lines(
        "Growth with nodes",
        "nodes",
        "ms",
        &[
            line("start of the network", |of| &of.start),
            line("minting", |of| &of.minting),
            line("PKP session", |of| &of.pkp_session),
        ],
    );
    section.plots.push(("nodes.svg", plot));
    section.text.push_str(&format!(
        "### Nodes\n\nNetworks in the memory of the client's process, on all cores. The memory is that of the network and one client after a \
         call of each kind. Minting makes a session signature for each node.\n\n{}\n![growth with nodes](nodes.svg)\n",
        table(&head, rows)
    ));
    Ok(())
}

fn rights(section: &mut Section) -> io::Result<()> {
    let mut rows = Vec::new();
    for rights in RIGHTS {
        let of: OfRights = program::run("growth", &["rights", &rights.to_string()])?;
        rows.push(vec![
            rights.to_string(),
            figure(of.session.median()),
            figure(of.minting.median()),
            figure(of.verification.median()),
            figure(of.bytes),
        ]);
    }
    let head = [
        "rights",
        "wallet session, ms",
        "minting for 10 nodes, ms",
        "first verification, ms",
        "bytes of a session signature",
    ];
    section.text.push_str(&format!(
        "\n### Rights\n\nSessions to run so many actions, each by its CID.\n\n{}",
        table(&head, rows)
    ));
    Ok(())
}

fn sessions(setting: &Setting, section: &mut Section) -> io::Result<()> {
    let most = setting.choose("100000", "10000");
    let measured: Vec<OfSessions> = program::run("growth", &["sessions", most])?;
    let rows = measured.iter().map(|of| {
        vec![
            of.sessions.to_string(),
            figure(of.lookup.median() * 1000.0),
            figure(of.bytes),
        ]
    });
    let table = table(&["sessions", "lookup, µs", "bytes per session"], rows);
    section.text.push_str(&format!(
        "\n### Sessions\n\nA `SessionManager` that has so many sessions of different wallets in memory. Resident bytes, so few sessions \
         count whole pages.\n\n{table}"
    ));
    Ok(())
}

fn clients(setting: &Setting, section: &mut Section) -> io::Result<()> {
    let network = program::network(&setting.folder, 10)?;
    let description = network.description().display().to_string();
    let of: OfClients = program::run("growth", &["clients", "200", &description])?;
    section.text.push_str(&format!(
        "\n### Clients\n\nA client that is connected to 10 nodes over HTTP takes {} KiB, the mean of 200.\n",
        figure(of.bytes / 1024.0)
    ));
    Ok(())
}
