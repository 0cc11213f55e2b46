//! Debian's `docker-registry`, started for one test and ended with it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::support::run;

pub(crate) const USER: &str = "ali";
pub(crate) const PASSWORD: &str = "open sesame";
/// `PASSWORD` as bcrypt has it.
const HASH: &str = "$2b$04$abcdefghijklmnopqrstuu/LVz6MZlItEy42I2juLihZ66HnQx/cy";

/// A running registry.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    pub(crate) folder: TempDir,
}

impl Server {
    /// Plain HTTP, open to everybody.
    pub(crate) fn open() -> Self {
        Self::start("", "")
    }

    /// Plain HTTP, for one user.
    pub(crate) fn with_password() -> Self {
        let auth = "auth:\n  htpasswd:\n    realm: test\n    path: FOLDER/users\n";
        Self::start(auth, "")
    }

    /// HTTPS with a certificate that `folder/ca.pem` vouches for.
    pub(crate) fn with_tls() -> Self {
        let tls = "  tls:\n    certificate: FOLDER/leaf.pem\n    key: FOLDER/leaf.key\n";
        Self::start("", tls)
    }

    /// It listens at a port of its own choice and says so.
    fn start(auth: &str, tls: &str) -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("users"), format!("{USER}:{HASH}\n")).unwrap();
        if !tls.is_empty() {
            certify(&folder);
        }
        let text = format!(
            "version: 0.1\nlog:\n  level: info\n  accesslog:\n    disabled: true\nstorage:\n  \
             filesystem:\n    rootdirectory: FOLDER/data\n{auth}http:\n  addr: 127.0.0.1:0\n{tls}"
        );
        let path = folder.path().display().to_string();
        let config = folder.path().join("config.yml");
        fs::write(&config, text.replace("FOLDER", &path)).unwrap();
        let mut child = Command::new("docker-registry")
            .arg("serve")
            .arg(&config)
            .env("OTEL_TRACES_EXPORTER", "none")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut seen = String::new();
        let port = loop {
            let mut line = String::new();
            let read = log.read_line(&mut line).unwrap();
            assert_ne!(read, 0, "docker-registry ended: {seen}");
            seen.push_str(&line);
            if let Some((_, rest)) = line.split_once("listening on 127.0.0.1:") {
                let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
                break digits.parse().unwrap();
            }
        };
        std::thread::spawn(move || log.lines().map_while(Result::ok).for_each(drop));
        Self {
            child,
            port,
            folder,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// An authority and a certificate from it for this machine.
fn certify(folder: &TempDir) {
    let at = |name: &str| folder.path().join(name).display().to_string();
    let key = [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ];
    let authority = [
        "req",
        "-x509",
        "-subj",
        "/CN=test authority",
        "-days",
        "2",
        "-keyout",
        &at("ca.key"),
        "-out",
        &at("ca.pem"),
    ];
    run("openssl", &[&authority[..], &key[..]].concat());
    let request = [
        "req",
        "-subj",
        "/CN=test",
        "-keyout",
        &at("leaf.key"),
        "-out",
        &at("leaf.csr"),
    ];
    run("openssl", &[&request[..], &key[..]].concat());
    fs::write(
        folder.path().join("extensions"),
        "subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n",
    )
    .unwrap();
    run(
        "openssl",
        &[
            "x509",
            "-req",
            "-in",
            &at("leaf.csr"),
            "-CA",
            &at("ca.pem"),
            "-CAkey",
            &at("ca.key"),
            "-CAcreateserial",
            "-days",
            "2",
            "-extfile",
            &at("extensions"),
            "-out",
            &at("leaf.pem"),
        ],
    );
}
