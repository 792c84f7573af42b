//! A cluster of MariaDB nodes with Galera.

use crate::CannotStart;
use crate::database_names::DatabaseNames;
use crate::folder::Folder;
use crate::node::Node;

/// A cluster, of one node or of several.
#[derive(Debug)]
pub struct Galera {
    /// The nodes, in the order of their start.
    pub nodes: Vec<Node>,
    names: DatabaseNames,
    _folder: Folder,
}

impl Galera {
    /// Starts a cluster of so many nodes, one after another; returns when all are synchronised. It takes some 5 s a node.
    ///
    /// # Errors
    /// MariaDB or Galera is not installed, or a node does not start.
    pub fn start(size: usize) -> Result<Self, CannotStart> {
        let folder = Folder::new("galera").map_err(CannotStart::prepare("a folder"))?;
        let nodes = (1..=size).map(|number| Node::create(&folder, &format!("n{number}")));
        let mut nodes = nodes.collect::<Result<Vec<_>, _>>()?;
        let mut members = Vec::new();
        for node in &mut nodes {
            node.start(&members)?;
            members.push(node.group);
        }
        Ok(Self { nodes, names: DatabaseNames::default(), _folder: folder })
    }

    /// Starts a killed node again as a member of the cluster.
    ///
    /// # Errors
    /// It does not become a synchronised member.
    pub fn rejoin(&mut self, index: usize) -> Result<(), CannotStart> {
        let members = self.nodes.iter().map(|node| node.group);
        let members: Vec<_> = members.enumerate().filter(|(other, _)| *other != index).map(|(_, port)| port).collect();
        self.nodes.get_mut(index).map_or(Ok(()), |node| node.start(&members))
    }

    /// Begins a new cluster with the data of this node, after all have been killed.
    ///
    /// # Errors
    /// It does not start.
    pub fn begin_again(&mut self, index: usize) -> Result<(), CannotStart> {
        let Some(node) = self.nodes.get_mut(index) else { return Ok(()) };
        node.allow_to_begin().map_err(CannotStart::prepare("grastate.dat"))?;
        node.start(&[])
    }

    /// Creates an empty database, and a user `swaparoo` without a password for it; returns its name.
    ///
    /// # Panics
    /// If the first node refuses it.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "a cluster has a first node")]
    pub fn create_database(&self) -> String {
        let name = self.names.next();
        self.nodes[0].sql(&format!(
            "CREATE DATABASE {name}; CREATE USER IF NOT EXISTS swaparoo@'127.0.0.1'; \
             CREATE USER IF NOT EXISTS swaparoo@localhost; \
             GRANT ALL ON {name}.* TO swaparoo@'127.0.0.1'; GRANT ALL ON {name}.* TO swaparoo@localhost"
        ));
        name
    }

    /// The URL of a database of this name, through this port (of a node or a proxy).
    #[must_use]
    pub fn url(&self, database: &str, port: u16) -> String {
        format!("mysql://swaparoo@127.0.0.1:{port}/{database}")
    }
}
