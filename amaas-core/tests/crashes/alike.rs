//! The simulated files answer as the operating system's do: the same random calls, the same answers.

use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use amaas_core::registry::files::{Files, SimulatedFiles, SystemFiles};
use fastrand::Rng;
use tempfile::TempDir;

const CALLS: usize = 2_000;

pub(crate) fn run() {
    let home = TempDir::new_in("/dev/shm").unwrap_or_else(|_| TempDir::new().unwrap());
    let (real, simulated) = (SystemFiles, SimulatedFiles::new());
    simulated.create_folder(Path::new("/home")).unwrap();
    let mut random = Rng::with_seed(1);
    for _ in 0..CALLS {
        let call = Call::draw(&mut random);
        let answers = [
            call.run(&real, home.path()),
            call.run(&simulated, Path::new("/home")),
        ];
        assert_eq!(answers[0], answers[1], "{call:?}");
    }
}

#[derive(Debug)]
enum Call {
    Facts(PathBuf),
    Read(PathBuf),
    List(PathBuf),
    CreateFolder(PathBuf),
    Write(PathBuf, PathBuf, Vec<u8>),
    Flush(PathBuf),
    Remove(PathBuf),
    RemoveFolder(PathBuf),
    SetModified(PathBuf, u64),
    Link(PathBuf),
    Lock(PathBuf),
}

impl Call {
    fn draw(random: &mut Rng) -> Self {
        let path = draw_path(random);
        match random.u8(0..14) {
            0 => Self::Facts(path),
            1 => Self::Read(path),
            2 => Self::List(path),
            3..6 => Self::CreateFolder(path),
            6..9 => Self::Write(
                draw_path(random),
                path,
                vec![random.u8(..); random.usize(0..9)],
            ),
            9 => Self::Flush(path),
            10 => Self::Remove(path),
            11 => Self::RemoveFolder(path),
            12 if random.bool() => Self::SetModified(path, random.u64(1..1_000_000)),
            12 => Self::Link(path),
            _ => Self::Lock(path),
        }
    }

    /// What can be told of the answer, whichever files gave it.
    fn run(&self, files: &dyn Files, home: &Path) -> Result<String, ErrorKind> {
        let at = |path: &Path| home.join(path);
        let answer = match self {
            Self::Facts(path) => files.facts(&at(path)).map(|facts| match facts {
                amaas_core::registry::files::Facts::Folder => "folder".to_owned(),
                facts => format!("{facts:?}"),
            }),
            Self::Read(path) => read(files, &at(path)),
            Self::List(path) => files.list(&at(path)).map(|mut names| {
                names.sort();
                format!("{names:?}")
            }),
            Self::CreateFolder(path) => files.create_folder(&at(path)).map(|()| String::new()),
            Self::Write(folder, path, bytes) => write(files, &at(folder), &at(path), bytes),
            Self::Flush(path) => files.flush_folder(&at(path)).map(|()| String::new()),
            Self::Remove(path) => files.remove(&at(path)).map(|()| String::new()),
            Self::RemoveFolder(path) => files.remove_folder(&at(path)).map(|()| String::new()),
            Self::SetModified(path, at_second) => {
                let time = SystemTime::UNIX_EPOCH + Duration::from_secs(*at_second);
                files
                    .set_modified(&at(path), time)
                    .and_then(|()| files.modified(&at(path)))
                    .map(|found| format!("{}", found == time))
            }
            Self::Link(path) => files
                .link_folder(Path::new("/nothing/there"), &at(path))
                .map(|()| String::new()),
            Self::Lock(path) => files.lock(&at(path)).map(|_held| String::new()),
        };
        answer.map_err(|cause| cause.kind())
    }
}

fn draw_path(random: &mut Rng) -> PathBuf {
    let depth = random.usize(1..4);
    (0..depth)
        .map(|_| ["a", "b", "c"][random.usize(0..3)])
        .collect()
}

fn read(files: &dyn Files, path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    files.open(path)?.read_to_end(&mut bytes)?;
    Ok(format!("{bytes:?}"))
}

fn write(files: &dyn Files, folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<String> {
    let mut staged = files.stage(folder)?;
    staged.write_all(bytes)?;
    staged.sync()?;
    match staged.rename(path) {
        // What Linux says where the folder in the way is the one that the file comes from.
        Err(cause) if cause.kind() == ErrorKind::DirectoryNotEmpty => {
            Err(ErrorKind::IsADirectory.into())
        }
        renamed => renamed.map(|()| String::new()),
    }
}
