//! Attestation in software: nodes attest as on SEV-SNP, with roots that are made for one network.

use std::{collections::BTreeMap, error::Error, fmt, sync::Arc};

use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use k256::ecdsa::SigningKey;
use lit_node::Attester;
use lit_node_transport::{
    Cause,
    attestation::{
        AmdRoots, GuestPolicy, Measurement, TcbVersion, VcekId, VcekSource, VcekSourceError,
        report_data,
    },
};
use lit_types::Clock;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair,
    PKCS_ECDSA_P384_SHA384,
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair},
};
use serde_json::{Value, json};

use crate::{Devnet, DevnetBuilder, DevnetClock, DevnetError, keys::NetworkKeys};

/// The release that nodes say they run. Its first half is the image id of their reports.
const RELEASE_ID: &str = "00112233445566778899aabbccddeeff0011223344556677";
/// The name of the product in the URLs of certificates.
const PRODUCT: &str = "Software";

/// What nodes attest in software.
///
/// The default is what a well-configured guest would show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoftwareGuest {
    /// The measurement in reports. Default: 48 times `0x5a`.
    pub measurement: Measurement,
    /// The policy in reports. Default: debugging is not allowed.
    pub policy: GuestPolicy,
    /// The firmware in reports. Default: that of a chip of 2023.
    pub tcb: TcbVersion,
}

impl Default for SoftwareGuest {
    fn default() -> Self {
        Self {
            measurement: Measurement([0x5a; 48]),
            policy: GuestPolicy(0x3_0000),
            tcb: TcbVersion {
                bootloader: 3,
                tee: 0,
                snp: 10,
                microcode: 169,
            },
        }
    }
}

/// The roots and chips of a network that attests in software. It is also the source of the chips' certificates.
///
/// It proves nothing: the network's own process holds the keys.
///
/// ```
/// use std::sync::Arc;
///
/// use lit_devnet::{Devnet, SoftwareGuest};
/// use lit_node_transport::{
///     NodeTransport, QuorumPolicy,
///     attestation::{AttestationPolicy, AttestationVerifier, AttestedTransport},
///     handshake,
/// };
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let guest = SoftwareGuest::default();
/// let network = Devnet::builder().with_software_attestation_for_tests(guest).start().await?;
/// let attestation = network.software_attestation().ok_or("not attested")?;
/// let policy = AttestationPolicy::new().with_insecure_roots(attestation.insecure_roots());
/// let verifier = AttestationVerifier::new(policy, attestation);
/// let nodes: Arc<dyn NodeTransport> =
///     Arc::new(AttestedTransport::new(network.transport(), verifier, network.clock()));
/// let greeted = handshake(&nodes, network.node_urls(), 0, &QuorumPolicy::new(3)).await?;
/// assert_eq!(greeted.connected.len(), 3);
/// # Ok(())
/// # })
/// # }
/// ```
pub struct SoftwareAttestation {
    guest: SoftwareGuest,
    roots: AmdRoots,
    chips: Vec<Chip>,
    /// Signs attestations after the wallet of the node, as the attestation service of a release does.
    build_key: SigningKey,
    clock: Arc<DevnetClock>,
}

/// The chip of one node.
struct Chip {
    id: [u8; 64],
    key: EcdsaKeyPair,
    certificate: Bytes,
}

impl SoftwareAttestation {
    fn new(
        guest: SoftwareGuest,
        nodes: usize,
        build_key: SigningKey,
        clock: Arc<DevnetClock>,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let generate = || KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384);
        let (ark_key, ask_key) = (generate()?, generate()?);
        let ark_params = authority("ARK-Software");
        let ark = ark_params.self_signed(&ark_key)?;
        let ark_issuer = Issuer::new(ark_params, ark_key);
        let ask_params = authority("SEV-Software");
        let ask = ask_params.signed_by(&ask_key, &ark_issuer)?;
        let ask_issuer = Issuer::new(ask_params, ask_key);
        let chip = |place: usize| -> Result<Chip, Box<dyn Error + Send + Sync>> {
            // A network has at most 255 nodes.
            let id = [u8::try_from(place + 1)?; 64];
            let key = generate()?;
            let certificate = vcek(&id, &guest.tcb).signed_by(&key, &ask_issuer)?;
            let pkcs8 = key.serialize_der();
            let key = EcdsaKeyPair::from_pkcs8(
                &ECDSA_P384_SHA384_FIXED_SIGNING,
                &pkcs8,
                &SystemRandom::new(),
            )
            .map_err(|error| error.to_string())?;
            let certificate = Bytes::copy_from_slice(certificate.der());
            Ok(Chip {
                id,
                key,
                certificate,
            })
        };
        Ok(Self {
            roots: AmdRoots::insecure(PRODUCT, ark.der(), ask.der())?,
            chips: (0..nodes).map(chip).collect::<Result<_, _>>()?,
            guest,
            build_key,
            clock,
        })
    }

    /// The roots that clients must trust to accept the nodes, with
    /// [`with_insecure_roots`](lit_node_transport::attestation::AttestationPolicy::with_insecure_roots).
    #[must_use]
    pub fn insecure_roots(&self) -> AmdRoots {
        self.roots.clone()
    }

    /// What the nodes attest.
    #[must_use]
    pub const fn guest(&self) -> &SoftwareGuest {
        &self.guest
    }
}

impl fmt::Debug for SoftwareAttestation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoftwareAttestation")
            .field("guest", &self.guest)
            .field("chips", &self.chips.len())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl VcekSource for SoftwareAttestation {
    async fn certificate(&self, id: &VcekId) -> Result<Bytes, VcekSourceError> {
        let chip = self.chips.iter().find(|chip| chip.id == *id.chip_id());
        match chip {
            Some(chip) if id.tcb() == self.guest.tcb => Ok(chip.certificate.clone()),
            _ => Err(VcekSourceError::Unknown),
        }
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// The certificate of a chip, with the extensions of AMD's.
fn vcek(chip_id: &[u8; 64], tcb: &TcbVersion) -> CertificateParams {
    const AMD: [u64; 8] = [1, 3, 6, 1, 4, 1, 3704, 1];
    let extension = |rest: &[u64], value| {
        let oid = [&AMD, rest].concat();
        CustomExtension::from_oid_content(&oid, value)
    };
    // An INTEGER in DER: it is negative if its first bit is set.
    let integer = |number: u8| match number {
        0..0x80 => vec![2, 1, number],
        _ => vec![2, 2, 0, number],
    };
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, "SEV-VCEK");
    params.custom_extensions = vec![
        extension(&[3, 1], integer(tcb.bootloader)),
        extension(&[3, 2], integer(tcb.tee)),
        extension(&[3, 3], integer(tcb.snp)),
        extension(&[3, 8], integer(tcb.microcode)),
        extension(&[4], chip_id.to_vec()),
    ];
    params
}

/// Attests one node.
#[derive(Debug)]
struct SoftwareAttester {
    network: Arc<SoftwareAttestation>,
    place: usize,
    wallet: SigningKey,
}

#[async_trait]
impl Attester for SoftwareAttester {
    async fn attest(&self, challenge: [u8; 32], address: &str) -> Result<Value, Cause> {
        let network = &self.network;
        let time = network.clock.now().unix_timestamp();
        let data = BTreeMap::from([
            ("EXTERNAL_ADDR".to_owned(), address.as_bytes().to_vec()),
            (
                "INSTANCE_ID".to_owned(),
                format!("devnet-{}", self.place).into_bytes(),
            ),
            ("RELEASE_ID".to_owned(), RELEASE_ID.as_bytes().to_vec()),
            ("UNIX_TIME".to_owned(), time.to_le_bytes().to_vec()),
        ]);
        let mut signatures = Vec::new();
        for key in [&self.wallet, &network.build_key] {
            let digest = report_data(&challenge, &data, &signatures);
            signatures.push(sign(key, &digest[..32])?);
        }
        let digest = report_data(&challenge, &data, &signatures);
        let report = network.report(&network.chips[self.place], &digest)?;
        let encode = |bytes: &Vec<u8>| BASE64_STANDARD.encode(bytes);
        let data: BTreeMap<_, _> = data.iter().map(|(name, it)| (name, encode(it))).collect();
        Ok(json!({
            "type": "AMD_SEV_SNP",
            "noonce": BASE64_STANDARD.encode(challenge),
            "data": data,
            "signatures": signatures.iter().map(encode).collect::<Vec<_>>(),
            "report": encode(&report),
        }))
    }
}

/// A signature in DER, its recovery id, and the uncompressed key.
fn sign(key: &SigningKey, digest: &[u8]) -> Result<Vec<u8>, k256::ecdsa::Error> {
    let (signature, recovery_id) = key.sign_prehash_recoverable(digest)?;
    let mut bytes = signature.to_der().as_bytes().to_vec();
    bytes.push(recovery_id.to_byte());
    bytes.extend_from_slice(key.verifying_key().to_encoded_point(false).as_bytes());
    Ok(bytes)
}

impl SoftwareAttestation {
    /// A report as a chip makes it (AMD 56860, table 23).
    fn report(&self, chip: &Chip, report_data: &[u8; 64]) -> Result<Vec<u8>, Cause> {
        let SoftwareGuest {
            measurement,
            policy,
            tcb,
        } = &self.guest;
        let mut report = vec![0; 0x4A0];
        let mut put = |at: usize, bytes: &[u8]| {
            report[at..at + bytes.len()].copy_from_slice(bytes);
        };
        put(0x000, &2u32.to_le_bytes());
        put(0x008, &policy.0.to_le_bytes());
        put(0x020, &hex::decode(&RELEASE_ID[..32])?);
        put(0x034, &1u32.to_le_bytes());
        put(0x050, report_data);
        put(0x090, &measurement.0);
        put(
            0x180,
            &[tcb.bootloader, tcb.tee, 0, 0, 0, 0, tcb.snp, tcb.microcode],
        );
        put(0x1A0, &chip.id);
        let signature = chip.key.sign(&SystemRandom::new(), &report[..0x2A0]);
        let signature = signature.map_err(|error| error.to_string())?;
        // Two numbers, here with the least significant byte first.
        for (at, number) in [0x2A0, 0x2E8]
            .into_iter()
            .zip(signature.as_ref().chunks(48))
        {
            let place = &mut report[at..at + number.len()];
            place.copy_from_slice(number);
            place.reverse();
        }
        Ok(report)
    }
}

impl DevnetBuilder {
    /// Makes nodes attest themselves in software, with keys and roots that are made at the start. **For tests**: it proves nothing, and
    /// no client accepts it unless it trusts [`SoftwareAttestation::insecure_roots`]. Default: nodes do not attest themselves.
    pub fn with_software_attestation_for_tests(mut self, guest: SoftwareGuest) -> Self {
        self.software_guest = Some(guest);
        self
    }
}

impl Devnet {
    /// The roots and certificates of a network that attests in software.
    #[must_use]
    pub fn software_attestation(&self) -> Option<Arc<SoftwareAttestation>> {
        self.attesters.0.clone()
    }
}

/// Attests the nodes, if they are attested at all.
#[derive(Debug)]
pub(crate) struct Attesters(Option<Arc<SoftwareAttestation>>);

impl Attesters {
    pub(crate) fn new(
        config: &DevnetBuilder,
        keys: &NetworkKeys,
        clock: &Arc<DevnetClock>,
    ) -> Result<Self, DevnetError> {
        let Some(guest) = config.software_guest.clone() else {
            return Ok(Self(None));
        };
        let network =
            SoftwareAttestation::new(guest, config.nodes, keys.build_key(), Arc::clone(clock));
        let network = network.map_err(DevnetError::Certificate)?;
        Ok(Self(Some(Arc::new(network))))
    }

    /// Attests the node at this index, which has this wallet.
    pub(crate) fn of(&self, place: usize, wallet: SigningKey) -> Option<Arc<dyn Attester>> {
        let network = Arc::clone(self.0.as_ref()?);
        Some(Arc::new(SoftwareAttester {
            network,
            place,
            wallet,
        }))
    }
}
