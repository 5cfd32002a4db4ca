//! A time-stamping authority by openssl's command line: a root, and a key that it certifies.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The kinds of keys that an authority may have.
pub(super) const KINDS: [&str; 3] = ["p256", "p384", "rsa"];

const CONFIG: &str = "[tsa]
default_tsa = it
[it]
serial = serial
signer_cert = signer.pem
signer_key = signer.key
signer_digest = sha384
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1, millisecs:500
ess_cert_id_alg = sha256
";

pub(super) struct Authority {
    folder: tempfile::TempDir,
}

impl Authority {
    /// An authority without keys; `None` without openssl.
    pub(super) fn new() -> Option<Self> {
        Command::new("openssl").arg("version").output().ok().filter(|o| o.status.success())?;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ts.cnf"), CONFIG).unwrap();
        std::fs::write(folder.path().join("serial"), "01\n").unwrap();
        Some(Self { folder })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, args: &[&str]) -> bool {
        let done = Command::new("openssl").args(args).current_dir(&self.folder).output().unwrap();
        if !done.status.success() {
            println!("openssl {args:?}: {}", String::from_utf8_lossy(&done.stderr));
        }
        done.status.success()
    }

    /// Makes a root and a key under it.
    pub(super) fn key(&mut self, kind: &str) {
        self.key_with(kind, "extendedKeyUsage=critical,timeStamping");
    }

    pub(super) fn key_with(&mut self, kind: &str, usage: &str) {
        let algorithm: &[&str] = match kind {
            "p256" => &["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            "p384" => &["EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
            _ => &["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
        };
        for name in ["root.key", "signer.key"] {
            let args = [&["genpkey", "-out", name, "-algorithm"], algorithm].concat();
            assert!(self.run(&args));
        }
        std::fs::write(self.path("usage"), format!("{usage}\nbasicConstraints=CA:FALSE\n"))
            .unwrap();
        let root = "/CN=Example root";
        let made = ["req", "-x509", "-new", "-key", "root.key", "-days", "3650", "-subj", root];
        assert!(self.run(&[&made[..], &["-out", "root.pem"]].concat()));
        let asked = ["req", "-new", "-key", "signer.key", "-subj", "/CN=Example time"];
        assert!(self.run(&[&asked[..], &["-out", "signer.csr"]].concat()));
        let signed = ["x509", "-req", "-in", "signer.csr", "-CA", "root.pem", "-CAkey", "root.key"];
        let rest = ["-days", "3650", "-extfile", "usage", "-set_serial", "2", "-out", "signer.pem"];
        assert!(self.run(&[&signed[..], &rest[..]].concat()));
    }

    /// The root's certificate.
    pub(super) fn root(&self) -> Vec<u8> {
        std::fs::read(self.path("root.pem")).unwrap()
    }

    pub(super) fn try_answer(&self, query: &[u8]) -> Option<Vec<u8>> {
        let query_path: &Path = &self.path("query.tsq");
        std::fs::write(query_path, query).unwrap();
        let args = ["ts", "-reply", "-config", "ts.cnf", "-queryfile", "query.tsq"];
        let done = self.run(&[&args[..], &["-out", "answer.tsr"]].concat());
        done.then(|| std::fs::read(self.path("answer.tsr")).unwrap())
    }

    pub(super) fn answer(&self, query: &[u8]) -> Vec<u8> {
        self.try_answer(query).expect("an answer")
    }
}
