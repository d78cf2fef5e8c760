use sha2::{Digest, Sha256};

/// Bytes of content per leaf.
const CHUNK: usize = 262_144;
/// Links per inner node.
const LINKS: usize = 174;

/// The SHA-256 digest of the CIDv0 that `ipfs add` computes with default options.
///
/// Leaves have 262,144 bytes and inner nodes at most 174 links; all are dag-pb with UnixFS.
pub(crate) fn root_digest(content: &[u8]) -> [u8; 32] {
    let mut level: Vec<Node> = content.chunks(CHUNK).map(Node::leaf).collect();
    if level.is_empty() {
        level.push(Node::leaf(&[]));
    }
    while level.len() > 1 {
        level = level.chunks(LINKS).map(Node::parent).collect();
    }
    level[0].hash
}

struct Node {
    hash: [u8; 32],
    /// Bytes of content below this node.
    file_size: u64,
    /// Encoded bytes of this node and all nodes below.
    total_size: u64,
}

impl Node {
    fn leaf(data: &[u8]) -> Self {
        let mut unixfs = vec![0x08, 0x02];
        if !data.is_empty() {
            field(&mut unixfs, 0x12, data);
        }
        unixfs.push(0x18);
        varint(&mut unixfs, data.len() as u64);
        let mut block = Vec::with_capacity(unixfs.len() + 6);
        field(&mut block, 0x0a, &unixfs);
        Self::new(&block, data.len() as u64, 0)
    }

    fn parent(children: &[Self]) -> Self {
        let file_size = children.iter().map(|child| child.file_size).sum();
        let mut block = Vec::new();
        for child in children {
            let mut link = Vec::new();
            let mut cid = vec![0x12, 0x20];
            cid.extend(child.hash);
            field(&mut link, 0x0a, &cid);
            field(&mut link, 0x12, b"");
            link.push(0x18);
            varint(&mut link, child.total_size);
            field(&mut block, 0x12, &link);
        }
        let mut unixfs = vec![0x08, 0x02, 0x18];
        varint(&mut unixfs, file_size);
        for child in children {
            unixfs.push(0x20);
            varint(&mut unixfs, child.file_size);
        }
        field(&mut block, 0x0a, &unixfs);
        Self::new(
            &block,
            file_size,
            children.iter().map(|child| child.total_size).sum(),
        )
    }

    fn new(block: &[u8], file_size: u64, below: u64) -> Self {
        Self {
            hash: Sha256::digest(block).into(),
            file_size,
            total_size: below + block.len() as u64,
        }
    }
}

/// A length-delimited protobuf field.
fn field(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.push(tag);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
