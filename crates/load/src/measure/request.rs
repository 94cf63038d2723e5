//! The bytes of a request: the same each time, or with a body of a file's next line.
//!
//! In a body, `{{index}}` becomes the request's number and `{{random}}` 16 hexadecimal digits, which follow from the
//! seed and the number.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Uri};
use http_body_util::Full;

use super::refusal::Refusal;
use super::target::Target;

/// Bodies that a file may have.
pub(crate) const BODIES_MAX: usize = 100_000;

/// What a request is made of.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    headers: Vec<(HeaderName, HeaderValue)>,
    uri: Uri,
    bodies: Vec<Body>,
    /// All up to the body's length.
    head: Vec<u8>,
    /// The only request there is, if all are the same.
    constant: Option<Vec<u8>>,
    seed: u64,
}

/// A body, cut where something is put in.
#[derive(Debug, Clone)]
enum Body {
    Constant(Vec<u8>),
    Template(Vec<Part>),
}

#[derive(Debug, Clone)]
enum Part {
    Text(Vec<u8>),
    Index,
    Random,
}

/// What of a request was given.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) method: Option<String>,
    pub(crate) headers: Vec<String>,
    pub(crate) bodies: Vec<Vec<u8>>,
    pub(crate) reuse: bool,
    pub(crate) seed: u64,
}

impl Request {
    /// Checks what was given.
    pub(crate) fn new(target: &Target, wanted: Wanted) -> Result<Self, Refusal> {
        let given = wanted.method.as_deref();
        let name = given.unwrap_or(if wanted.bodies.is_empty() { "GET" } else { "POST" });
        let method = Method::from_bytes(name.to_uppercase().as_bytes())
            .map_err(|_| Refusal::usage(format!("-m {name}: is no method, such as GET or POST")))?;
        let headers =
            wanted.headers.iter().map(|line| header(line)).collect::<Result<Vec<_>, _>>()?;
        let bodies: Vec<Body> = wanted.bodies.into_iter().map(Body::parse).collect();
        let head = head(target, &method, &headers, wanted.reuse);
        let uri = target.uri.clone();
        let seed = wanted.seed;
        let mut request = Self { method, headers, uri, bodies, head, constant: None, seed };
        request.constant = request.only();
        Ok(request)
    }

    /// The bytes of request `index`: the only ones there are, or those that were put into `room`.
    pub(crate) fn bytes<'a>(&'a self, index: u64, room: &'a mut Vec<u8>) -> &'a [u8] {
        if let Some(constant) = &self.constant {
            return constant;
        }
        room.clear();
        self.write(&self.body(index), room);
        room
    }

    /// Request `index` for HTTP/2.
    pub(crate) fn whole(&self, index: u64) -> http::Request<Full<Bytes>> {
        let mut request = http::Request::new(Full::new(Bytes::from(self.body(index))));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        for (name, value) in &self.headers {
            request.headers_mut().append(name.clone(), value.clone());
        }
        request
    }

    /// The body of request `index`.
    fn body(&self, index: u64) -> Vec<u8> {
        let count = self.bodies.len() as u64;
        let turn = usize::try_from(index.checked_rem(count).unwrap_or(0)).unwrap_or(0);
        self.bodies.get(turn).map(|body| body.filled(index, self.seed)).unwrap_or_default()
    }

    /// Whether it may be made again if nobody knows whether it was made (RFC 9110, 9.2.2).
    pub(crate) fn is_idempotent(&self) -> bool {
        self.method.is_idempotent()
    }

    fn only(&self) -> Option<Vec<u8>> {
        let body = match self.bodies.as_slice() {
            [] => Vec::new(),
            [Body::Constant(body)] => body.clone(),
            _ => return None,
        };
        let mut bytes = Vec::new();
        self.write(&body, &mut bytes);
        Some(bytes)
    }

    fn write(&self, body: &[u8], into: &mut Vec<u8>) {
        into.extend_from_slice(&self.head);
        let is_asked = matches!(self.method, Method::POST | Method::PUT | Method::PATCH);
        if is_asked || !body.is_empty() {
            into.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
        }
        into.extend_from_slice(b"\r\n");
        into.extend_from_slice(body);
    }
}

impl Body {
    fn parse(bytes: Vec<u8>) -> Self {
        let mut parts = Vec::new();
        let mut rest = bytes.as_slice();
        while let Some((at, length, part)) = next_blank(rest) {
            parts.push(Part::Text(rest[..at].to_vec()));
            parts.push(part);
            rest = &rest[at + length..];
        }
        if parts.is_empty() {
            return Self::Constant(bytes);
        }
        parts.push(Part::Text(rest.to_vec()));
        Self::Template(parts)
    }

    fn filled(&self, index: u64, seed: u64) -> Vec<u8> {
        let parts = match self {
            Self::Constant(bytes) => return bytes.clone(),
            Self::Template(parts) => parts,
        };
        let mut filled = Vec::new();
        for (place, part) in (0_u64..).zip(parts) {
            match part {
                Part::Text(text) => filled.extend_from_slice(text),
                Part::Index => filled.extend_from_slice(index.to_string().as_bytes()),
                Part::Random => {
                    let random = scattered(seed ^ scattered(index).wrapping_add(place));
                    filled.extend_from_slice(format!("{random:016x}").as_bytes());
                }
            }
        }
        filled
    }
}

fn next_blank(text: &[u8]) -> Option<(usize, usize, Part)> {
    let find = |blank: &str| memchr::memmem::find(text, blank.as_bytes());
    let index = find("{{index}}").map(|at| (at, 9, Part::Index));
    let random = find("{{random}}").map(|at| (at, 10, Part::Random));
    index.into_iter().chain(random).min_by_key(|(at, _, _)| *at)
}

/// A number that looks like no neighbour's (the finaliser of SplitMix64).
pub(crate) fn scattered(number: u64) -> u64 {
    let mut x = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

fn header(line: &str) -> Result<(HeaderName, HeaderValue), Refusal> {
    let wrong = || Refusal::usage(format!("-H {line:?}: is no header; right is 'Name: value'"));
    let (name, value) = line.split_once(':').ok_or_else(wrong)?;
    let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| wrong())?;
    if matches!(name.as_str(), "content-length" | "transfer-encoding" | "connection") {
        let why = "follows from the body and from --no-reuse";
        return Err(Refusal::usage(format!("-H {line:?}: {name} {why}")));
    }
    Ok((name, HeaderValue::from_str(value.trim()).map_err(|_| wrong())?))
}

fn head(
    target: &Target,
    method: &Method,
    headers: &[(HeaderName, HeaderValue)],
    reuse: bool,
) -> Vec<u8> {
    let mut head = format!("{method} {} HTTP/1.1\r\n", target.path).into_bytes();
    let own =
        [("host", target.authority.as_str()), ("user-agent", "hubbub-load"), ("accept", "*/*")];
    for (name, value) in own {
        if !headers.iter().any(|(given, _)| given == name) {
            head.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
    }
    for (name, value) in headers {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    if !reuse {
        head.extend_from_slice(b"connection: close\r\n");
    }
    head
}

#[cfg(test)]
mod tests;
