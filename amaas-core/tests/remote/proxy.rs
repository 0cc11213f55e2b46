//! Stands between a remote and its user: counts what passes, and cuts a connection once.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// A proxy on a port of its own.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    /// Everything that was sent up, one text for each connection.
    up: Mutex<Vec<Vec<u8>>>,
    bytes_up: AtomicU64,
    bytes_down: AtomicU64,
    /// How many bytes may still pass; negative for any number.
    left_up: AtomicI64,
    left_down: AtomicI64,
    cuts: AtomicU64,
}

impl Proxy {
    pub(crate) fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap().port();
        let seen = Arc::new(Seen::default());
        seen.left_up.store(i64::MIN, Ordering::SeqCst);
        seen.left_down.store(i64::MIN, Ordering::SeqCst);
        let shared = Arc::clone(&seen);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else {
                    continue;
                };
                serve(client, server, &shared);
            }
        });
        Self { port: own, seen }
    }

    /// Cuts, once, when so many bytes have come down from now on.
    pub(crate) fn cut_down_after(&self, bytes: i64) {
        self.seen.left_down.store(bytes, Ordering::SeqCst);
    }

    /// Cuts, once, when so many bytes have gone up from now on.
    pub(crate) fn cut_up_after(&self, bytes: i64) {
        self.seen.left_up.store(bytes, Ordering::SeqCst);
    }

    pub(crate) fn cuts(&self) -> u64 {
        self.seen.cuts.load(Ordering::SeqCst)
    }

    pub(crate) fn bytes_up(&self) -> u64 {
        self.seen.bytes_up.load(Ordering::SeqCst)
    }

    pub(crate) fn bytes_down(&self) -> u64 {
        self.seen.bytes_down.load(Ordering::SeqCst)
    }

    /// The lines of all requests so far, such as `HEAD /v2/…`, that contain `part`.
    pub(crate) fn requests(&self, part: &str) -> Vec<String> {
        let all = self.seen.up.lock().unwrap();
        let lines = all.iter().flat_map(|bytes| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            let lines = text.split("\r\n").map(str::to_owned);
            lines.collect::<Vec<_>>()
        });
        // A body may stand before the next request on its line.
        let requests = lines.filter_map(|line| {
            let line = line.strip_suffix(" HTTP/1.1")?.to_owned();
            let starts = ["HEAD /", "GET /", "PUT /", "POST /", "PATCH /"];
            let start = starts.iter().filter_map(|start| line.rfind(start)).max()?;
            Some(line[start..].to_owned())
        });
        requests.filter(|line| line.contains(part)).collect()
    }
}

fn serve(client: TcpStream, server: TcpStream, seen: &Arc<Seen>) {
    let place = {
        let mut all = seen.up.lock().unwrap();
        all.push(Vec::new());
        all.len() - 1
    };
    let (up, down) = (Arc::clone(seen), Arc::clone(seen));
    let (client_up, server_up) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || {
        pass(&client_up, &server_up, &up.left_up, &up.cuts, |bytes| {
            up.bytes_up.fetch_add(bytes.len() as u64, Ordering::SeqCst);
            up.up.lock().unwrap()[place].extend_from_slice(bytes);
        });
    });
    thread::spawn(move || {
        pass(&server, &client, &down.left_down, &down.cuts, |bytes| {
            down.bytes_down
                .fetch_add(bytes.len() as u64, Ordering::SeqCst);
        });
    });
}

fn pass(
    mut from: &TcpStream,
    mut to: &TcpStream,
    left: &AtomicI64,
    cuts: &AtomicU64,
    note: impl Fn(&[u8]),
) {
    let mut piece = [0; 16 << 10];
    while let Ok(read @ 1..) = from.read(&mut piece) {
        let count = i64::try_from(read).unwrap();
        let before = left.fetch_sub(count, Ordering::SeqCst);
        if (0..=count).contains(&before) {
            left.store(i64::MIN, Ordering::SeqCst);
            cuts.fetch_add(1, Ordering::SeqCst);
            let part = &piece[..usize::try_from(before).unwrap()];
            note(part);
            let _written = to.write_all(part);
            break;
        }
        if before < 0 {
            left.store(i64::MIN, Ordering::SeqCst);
        }
        note(&piece[..read]);
        if to.write_all(&piece[..read]).is_err() {
            break;
        }
    }
    let _closed = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
