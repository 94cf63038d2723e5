//! `jsonwebtoken` on `ring`: HS256, EdDSA (Ed25519) and RS256, and no other algorithm.
//!
//! The library takes its cryptography from a provider, one a process. This one is glue: a key and
//! an algorithm that do not belong together are refused, all else is a call of `ring`. Comparing
//! an HMAC takes the same time wherever it differs (`ring::hmac::verify`).

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind, new_error};
use jsonwebtoken::signature::{self, Signer, Verifier};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, DecodingKeyKind, EncodingKey};
use ring::hmac;
use ring::signature::{
    ED25519, Ed25519KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory,
    verifier_factory,
    // Only asked for when private keys become JWKs or thumbprints, which `KeyPair` does itself.
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes it the one of this process: the library has a place for one, and whoever comes first stays.
/// Nothing else in the house puts one there, so only the second time is refused, which is no harm.
pub(crate) fn install() {
    PROVIDER.install_default().ok();
}

fn signer_factory(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    let key = match (algorithm, key.family()) {
        (Algorithm::HS256, AlgorithmFamily::Hmac) => {
            SigningKey::Hs256(hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()))
        }
        (Algorithm::EdDSA, AlgorithmFamily::Ed) => {
            let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(key.as_bytes());
            SigningKey::EdDsa(pair.map_err(|_| new_error(ErrorKind::InvalidEddsaKey))?)
        }
        _ => return Err(new_error(ErrorKind::InvalidAlgorithm)),
    };
    Ok(Box::new(key))
}

enum SigningKey {
    Hs256(hmac::Key),
    EdDsa(Ed25519KeyPair),
}

impl Signer<Vec<u8>> for SigningKey {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(match self {
            Self::Hs256(key) => hmac::sign(key, message).as_ref().to_vec(),
            Self::EdDsa(pair) => pair.sign(message).as_ref().to_vec(),
        })
    }
}

impl JwtSigner for SigningKey {
    fn algorithm(&self) -> Algorithm {
        match self {
            Self::Hs256(_) => Algorithm::HS256,
            Self::EdDsa(_) => Algorithm::EdDSA,
        }
    }
}

fn verifier_factory(
    algorithm: &Algorithm,
    key: &DecodingKey,
) -> Result<Box<dyn JwtVerifier>, Error> {
    let key = match (algorithm, key.family(), key.kind()) {
        (Algorithm::HS256, AlgorithmFamily::Hmac, DecodingKeyKind::SecretOrDer(secret)) => {
            VerifyingKey::Hs256(hmac::Key::new(hmac::HMAC_SHA256, secret))
        }
        (Algorithm::EdDSA, AlgorithmFamily::Ed, DecodingKeyKind::SecretOrDer(point)) => {
            VerifyingKey::EdDsa(UnparsedPublicKey::new(&ED25519, point.clone()))
        }
        (Algorithm::RS256, AlgorithmFamily::Rsa, DecodingKeyKind::RsaModulusExponent { n, e }) => {
            VerifyingKey::Rs256(RsaPublicKeyComponents { n: n.clone(), e: e.clone() })
        }
        _ => return Err(new_error(ErrorKind::InvalidAlgorithm)),
    };
    Ok(Box::new(key))
}

enum VerifyingKey {
    Hs256(hmac::Key),
    EdDsa(UnparsedPublicKey<Vec<u8>>),
    Rs256(RsaPublicKeyComponents<Vec<u8>>),
}

impl Verifier<Vec<u8>> for VerifyingKey {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let holds = match self {
            Self::Hs256(key) => hmac::verify(key, message, signature),
            Self::EdDsa(key) => key.verify(message, signature),
            Self::Rs256(key) => key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
        };
        holds.map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for VerifyingKey {
    fn algorithm(&self) -> Algorithm {
        match self {
            Self::Hs256(_) => Algorithm::HS256,
            Self::EdDsa(_) => Algorithm::EdDSA,
            Self::Rs256(_) => Algorithm::RS256,
        }
    }
}
