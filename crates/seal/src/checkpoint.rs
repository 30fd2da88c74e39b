//! Signed checkpoints of the audit log, in a form that any transparency-log tool reads: a C2SP `tlog-checkpoint`
//! (<https://c2sp.org/tlog-checkpoint>) written as a C2SP `signed-note` (<https://c2sp.org/signed-note>) with Ed25519.
//!
//! A partner organisation that keeps a checkpoint can later prove that the log was cut or rewritten.
//!
//! ```
//! use throughline_seal::{RootKey, checkpoint, fixed_env, merkle};
//! let signer = checkpoint::Signer::from_root(&RootKey::generate(&fixed_env(1)), "help.example/log")?;
//! let now = checkpoint::Checkpoint { origin: "help.example/log".into(), size: 0, root: merkle::root(&[]) };
//! let note = checkpoint::sign(&now, &signer)?;
//! let key = checkpoint::Verifier::from_text(&signer.verifier().to_text())?;
//! assert_eq!(checkpoint::verify(&note, &key)?, now);
//! # Ok::<(), checkpoint::CheckpointError>(())
//! ```

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::keys::RootKey;
use crate::merkle::Hash;

/// The signature type byte of a plain Ed25519 note signature (signed-note, "Signature types").
const ED25519: u8 = 1;

/// Longest note that is read, in bytes. The specification asks for room for 16 signatures of up to 5 kB each.
const LONGEST: usize = 256 * 1024;

/// Why a checkpoint could not be signed, read or trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The text is not a checkpoint in a signed note.
    #[error("this is not a signed checkpoint")]
    Malformed,
    /// A key's name is empty or has a space or a plus in it; an origin is empty or has a control character in it.
    #[error("this name cannot be used for a log or a key")]
    Name,
    /// The text is not a verifier key, or it was damaged.
    #[error("this is not a verifier key")]
    Key,
    /// Nobody whom the verifier knows has signed.
    #[error("the checkpoint is not signed by this key")]
    Unsigned,
    /// It says that it was signed by the key, but it was not, or somebody changed it.
    #[error("the checkpoint's signature is false: it was changed or forged")]
    False,
}

/// What a log says of itself at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log this is, best as a URL without the scheme. Whoever verifies compares it with the log that they expect:
    /// one key may sign for several logs.
    pub origin: String,
    /// How many entries it has.
    pub size: u64,
    /// The Merkle root over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The note's text: what is signed.
    fn text(&self) -> String {
        format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            STANDARD.encode(self.root)
        )
    }

    /// Reads the note's text. Extension lines are allowed by the specification and are opaque.
    fn from_text(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let number: u64 = size.parse().ok()?;
        let root = STANDARD.decode(root).ok()?.try_into().ok()?;
        // One spelling per number: no sign, no leading zero.
        let whole =
            !origin.is_empty() && number.to_string() == size && lines.all(|line| !line.is_empty());
        whole.then(|| Self {
            origin: origin.to_owned(),
            size: number,
            root,
        })
    }
}

/// One signature line: the log's own or a witness's cosignature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureLine {
    /// The key's name.
    pub name: String,
    /// The first four bytes of the key's hash. It tells keys apart and proves nothing.
    pub key_hash: [u8; 4],
    /// The signature's bytes, in whatever form that key signs.
    pub signature: Vec<u8>,
}

impl SignatureLine {
    fn to_line(&self) -> String {
        format!(
            "\u{2014} {} {}\n",
            self.name,
            STANDARD.encode([self.key_hash.as_slice(), &self.signature].concat())
        )
    }

    fn from_line(line: &str) -> Option<Self> {
        let (name, blob) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        let blob = STANDARD.decode(blob).ok()?;
        let (key_hash, signature) = blob.split_first_chunk::<4>()?;
        let whole = is_key_name(name) && !signature.is_empty();
        whole.then(|| Self {
            name: name.to_owned(),
            key_hash: *key_hash,
            signature: signature.to_vec(),
        })
    }
}

/// A checkpoint that was read and that nobody has verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unverified {
    /// What it claims. Not to be relied on.
    pub claimed: Checkpoint,
    /// All its signature lines in their order, also those of keys that nobody here knows.
    pub signatures: Vec<SignatureLine>,
}

/// The key that signs checkpoints.
pub struct Signer {
    name: String,
    key: SigningKey,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.name)
    }
}

impl Signer {
    /// The installation's signer, derived from its root key: another root key means another signer.
    /// Errors when the name is empty or has a space or a plus in it.
    pub fn from_root(root: &RootKey, name: &str) -> Result<Self, CheckpointError> {
        Self::from_seed(&Zeroizing::new(root.derive("checkpoint signer")), name)
    }

    fn from_seed(seed: &[u8; 32], name: &str) -> Result<Self, CheckpointError> {
        if !is_key_name(name) {
            return Err(CheckpointError::Name);
        }
        Ok(Self {
            name: name.to_owned(),
            key: SigningKey::from_bytes(seed),
        })
    }

    /// The public half, to give to partners.
    pub fn verifier(&self) -> Verifier {
        Verifier {
            name: self.name.clone(),
            key: self.key.verifying_key(),
        }
    }

    fn line(&self, text: &str) -> SignatureLine {
        let signature = self.key.sign(text.as_bytes()).to_bytes().to_vec();
        SignatureLine {
            name: self.name.clone(),
            key_hash: self.verifier().key_hash(),
            signature,
        }
    }
}

/// The public key that checkpoints are verified with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    key: VerifyingKey,
}

impl Verifier {
    /// The key's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The verifier key as other tools write it: name, key hash in hexadecimal, type and key in base64, joined by `+`.
    pub fn to_text(&self) -> String {
        let typed = [[ED25519].as_slice(), self.key.as_bytes()].concat();
        format!(
            "{}+{:08x}+{}",
            self.name,
            u32::from_be_bytes(self.key_hash()),
            STANDARD.encode(typed)
        )
    }

    /// Reads a verifier key. Errors when it is damaged, of another type, or of a kind that anyone could sign for.
    pub fn from_text(text: &str) -> Result<Self, CheckpointError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(_), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(CheckpointError::Key);
        };
        let typed = STANDARD.decode(key).map_err(|_| CheckpointError::Key)?;
        let Some((&[ED25519], key)) = typed.split_first_chunk::<1>() else {
            return Err(CheckpointError::Key);
        };
        let key = <[u8; 32]>::try_from(key).map_err(|_| CheckpointError::Key)?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| CheckpointError::Key)?;
        let verifier = Self {
            name: name.to_owned(),
            key,
        };
        // Written back it must be the same text, and so the hash fits the name and the key.
        let same = is_key_name(name) && !key.is_weak() && verifier.to_text() == text;
        if same {
            Ok(verifier)
        } else {
            Err(CheckpointError::Key)
        }
    }

    fn key_hash(&self) -> [u8; 4] {
        let hash = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', ED25519])
            .chain_update(self.key.as_bytes());
        let mut out = [0; 4];
        out.iter_mut()
            .zip(hash.finalize())
            .for_each(|(to, from)| *to = from);
        out
    }

    /// Whether this key signed the text. Every line that claims to be by this key must be true.
    fn check(&self, text: &str, lines: &[SignatureLine]) -> Result<(), CheckpointError> {
        let hash = self.key_hash();
        let mut signed = Err(CheckpointError::Unsigned);
        for line in lines
            .iter()
            .filter(|line| line.name == self.name && line.key_hash == hash)
        {
            let signature =
                Signature::from_slice(&line.signature).map_err(|_| CheckpointError::False)?;
            self.key
                .verify_strict(text.as_bytes(), &signature)
                .map_err(|_| CheckpointError::False)?;
            signed = Ok(());
        }
        signed
    }
}

/// Signs a checkpoint. Errors when the origin is empty or has a control character in it, which would forge other lines.
pub fn sign(checkpoint: &Checkpoint, signer: &Signer) -> Result<String, CheckpointError> {
    if checkpoint.origin.is_empty() || checkpoint.origin.contains(char::is_control) {
        return Err(CheckpointError::Name);
    }
    let text = checkpoint.text();
    let line = signer.line(&text).to_line();
    Ok(format!("{text}\n{line}"))
}

/// Signs another text than a checkpoint as a note. Its first line says of what kind it is and its second is no number, so that
/// neither is ever taken for the other. Errors when it does not end in a newline or has another control character in it.
pub fn sign_text(text: &str, signer: &Signer) -> Result<String, CheckpointError> {
    let foreign = |c: char| c.is_control() && c != '\n';
    if !text.ends_with('\n') || text.contains(foreign) || Checkpoint::from_text(text).is_some() {
        return Err(CheckpointError::Malformed);
    }
    Ok(format!("{text}\n{}", signer.line(text).to_line()))
}

/// Reads another text than a checkpoint that this key signed.
/// Errors when it is malformed, a checkpoint, not signed by this key, or changed.
pub fn verify_text<'a>(note: &'a str, verifier: &Verifier) -> Result<&'a str, CheckpointError> {
    let (text, signatures) = split(note).ok_or(CheckpointError::Malformed)?;
    verifier.check(text, &signatures)?;
    if Checkpoint::from_text(text).is_some() {
        return Err(CheckpointError::Malformed);
    }
    Ok(text)
}

/// Reads a checkpoint and all its signatures without trusting any of them.
pub fn parse(note: &str) -> Result<Unverified, CheckpointError> {
    let (text, signatures) = split(note).ok_or(CheckpointError::Malformed)?;
    let claimed = Checkpoint::from_text(text).ok_or(CheckpointError::Malformed)?;
    Ok(Unverified {
        claimed,
        signatures,
    })
}

/// Reads a checkpoint that this key signed. Signatures of other keys, such as witnesses' cosignatures, are ignored.
/// Errors when it is malformed, not signed by this key, or changed.
pub fn verify(note: &str, verifier: &Verifier) -> Result<Checkpoint, CheckpointError> {
    let (text, signatures) = split(note).ok_or(CheckpointError::Malformed)?;
    verifier.check(text, &signatures)?;
    Checkpoint::from_text(text).ok_or(CheckpointError::Malformed)
}

/// The signed text with its final newline, and the signature lines after the last empty line.
fn split(note: &str) -> Option<(&str, Vec<SignatureLine>)> {
    if note.len() > LONGEST || note.contains(|c: char| c < ' ' && c != '\n') {
        return None;
    }
    let at = note.rfind("\n\n")?;
    let (text, rest) = note.split_at_checked(at + 1)?;
    let lines = rest.strip_prefix('\n')?.strip_suffix('\n')?.split('\n');
    Some((
        text,
        lines.map(SignatureLine::from_line).collect::<Option<_>>()?,
    ))
}

fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c == '+' || c.is_whitespace() || c.is_control())
}

#[cfg(test)]
#[path = "checkpoint_tests.rs"]
mod tests;
