//! A small HTTP server that answers as it is told, well or badly, and remembers who asked what.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What somebody asked.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What they get.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// An answer as it should be; its length is added unless it has one.
    Good(u16, Vec<(String, String)>, Vec<u8>),
    /// These bytes, then the end.
    Raw(Vec<u8>),
    /// These bytes, then others without end.
    Endless(Vec<u8>),
    /// These bytes, then silence.
    Silent(Vec<u8>),
}

impl Reply {
    pub(crate) fn status(status: u16) -> Self {
        Self::Good(status, Vec::new(), Vec::new())
    }

    /// A refusal as registries write it.
    pub(crate) fn refusal(status: u16, code: &str) -> Self {
        let body = format!("{{\"errors\": [{{\"code\": \"{code}\"}}]}}");
        Self::Good(status, Vec::new(), body.into_bytes())
    }

    pub(crate) fn body(body: impl Into<Vec<u8>>) -> Self {
        Self::Good(200, Vec::new(), body.into())
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers write values, not references to them"
    )]
    pub(crate) fn with(self, key: &str, value: impl ToString) -> Self {
        let Self::Good(status, mut headers, body) = self else {
            return self;
        };
        headers.push((key.to_owned(), value.to_string()));
        Self::Good(status, headers, body)
    }
}

/// A server on a port of its own.
pub(crate) struct Script {
    pub(crate) port: u16,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Script {
    pub(crate) fn new(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen: Arc<Mutex<Vec<Request>>> = Arc::default();
        let (answer, shared) = (Arc::new(answer), Arc::clone(&seen));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (answer, shared) = (Arc::clone(&answer), Arc::clone(&shared));
                thread::spawn(move || {
                    if let Some(request) = read(&stream) {
                        shared.lock().unwrap().push(request.clone());
                        let is_head = request.method == "HEAD";
                        write(stream, answer(&request), is_head);
                    }
                });
            }
        });
        Self { port, seen }
    }

    /// The requests so far of which `METHOD /path` contains `part`.
    pub(crate) fn requests(&self, part: &str) -> Vec<Request> {
        let seen = self.seen.lock().unwrap();
        let fits = |one: &&Request| format!("{} {}", one.method, one.path).contains(part);
        seen.iter().filter(fits).cloned().collect()
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end().split_once(": ") {
            Some((key, value)) => headers.push((key.to_ascii_lowercase(), value.to_owned())),
            None => break,
        }
    }
    let mut request = Request {
        method,
        path,
        headers,
        body: Vec::new(),
    };
    let length = request
        .header("content-length")
        .unwrap_or("0")
        .parse()
        .ok()?;
    request.body = vec![0; length];
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}

fn write(mut stream: TcpStream, reply: Reply, is_head: bool) {
    match reply {
        Reply::Good(status, headers, body) => {
            let mut head = format!("HTTP/1.1 {status} Told\r\nConnection: close\r\n");
            if !headers.iter().any(|(key, _)| key == "Content-Length") && status != 204 {
                head.push_str(&format!("Content-Length: {}\r\n", body.len()));
            }
            for (key, value) in headers {
                head.push_str(&format!("{key}: {value}\r\n"));
            }
            head.push_str("\r\n");
            let body = if is_head { Vec::new() } else { body };
            let _written = stream.write_all(&[head.into_bytes(), body].concat());
        }
        Reply::Raw(bytes) => drop(stream.write_all(&bytes)),
        Reply::Endless(bytes) => {
            let _written = stream.write_all(&bytes);
            while stream.write_all(&[b'x'; 64 << 10]).is_ok() {}
        }
        Reply::Silent(bytes) => {
            let _written = stream.write_all(&bytes);
            // Until the other side has had enough.
            let _ended = stream.read(&mut [0]);
        }
    }
}
