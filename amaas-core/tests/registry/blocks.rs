//! Every block of a stored model damaged in turn.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;

use amaas_core::ErrorKind;
use amaas_core::model::Package;

use crate::support::{Home, blobs, package_with, say, soaks};

const BLOCK: u64 = 4096;

#[test]
fn every_damaged_block_is_noticed_and_publishing_again_repairs() {
    let bytes: u32 = if soaks() { 70 << 20 } else { 3 << 20 };
    let weights: Vec<u8> = (0..bytes).map(|index| (index % 251) as u8).collect();
    let given = package_with("ner", "1.0.0", &weights);
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let flipped: usize = thread::scope(|scope| {
        let work = |core| {
            let given = &given;
            move || flip_each(given, core, cores)
        };
        let workers: Vec<_> = (0..cores).map(|core| scope.spawn(work(core))).collect();
        let flipped = workers.into_iter().map(|worker| worker.join().unwrap());
        flipped.sum()
    });
    assert!(flipped > weights.len() / BLOCK as usize);
    say(&format!("damaged blocks: {flipped}, none served"));
}

#[test]
fn a_large_file_that_is_cut_or_goes_on_is_refused() {
    let weights = vec![7; 3 << 20];
    let given = package_with("ner", "1.0.0", &weights);
    let home = Home::new();
    home.registry.publish(&given).unwrap();
    let whole = weights.len() as u64;
    let length = |path: &PathBuf| path.metadata().unwrap().len();
    let blob = blobs(home.registry.root()).into_iter();
    let blob = blob.max_by_key(length).unwrap();
    let set = |length| {
        let file = OpenOptions::new().write(true).open(&blob).unwrap();
        file.set_len(length).unwrap();
    };
    for wrong in [0, 1 << 20, whole - 1, whole + 1, 5 << 20] {
        set(wrong);
        let error = home.registry.package(&given.digest).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
        assert!(
            error.report().contains(&whole.to_string()),
            "{}",
            error.report()
        );
    }
    home.registry.publish(&given).unwrap();
    home.registry.package(&given.digest).unwrap();
}

/// Every so many blocks, from the given one on; how many these were.
fn flip_each(given: &Package, from: usize, step: usize) -> usize {
    let home = Home::new();
    home.registry.publish(given).unwrap();
    let places = places(home.registry.root());
    let mine: Vec<_> = places.iter().skip(from).step_by(step).collect();
    for (blob, block) in &mine {
        flip(blob, *block).unwrap();
        let error = home.registry.package(&given.digest).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
        let digest = blob.file_name().unwrap().to_str().unwrap();
        assert!(error.report().contains(digest), "{}", error.report());
        flip(blob, *block).unwrap();
    }
    home.registry.package(&given.digest).unwrap();
    mine.iter()
        .for_each(|(blob, block)| flip(blob, *block).unwrap());
    assert!(!home.registry.publish(given).unwrap().created);
    home.registry.package(&given.digest).unwrap();
    mine.len()
}

/// Each block of each blob of the package.
fn places(root: &Path) -> Vec<(PathBuf, u64)> {
    let index = std::fs::read_to_string(root.join("index.json")).unwrap();
    let of_package = |path: &PathBuf| !index.contains(path.file_name().unwrap().to_str().unwrap());
    let blobs = blobs(root).into_iter().filter(of_package);
    let blocks = |blob: PathBuf| {
        let blocks = blob.metadata().unwrap().len().div_ceil(BLOCK);
        (0..blocks).map(move |block| (blob.clone(), block))
    };
    blobs.flat_map(blocks).collect()
}

/// Changes one bit; done again, it is as before.
fn flip(path: &Path, block: u64) -> io::Result<()> {
    let mut file: File = OpenOptions::new().read(true).write(true).open(path)?;
    let mut byte = [0];
    file.seek(SeekFrom::Start(block * BLOCK))?;
    file.read_exact(&mut byte)?;
    file.seek(SeekFrom::Start(block * BLOCK))?;
    file.write_all(&[byte[0] ^ 1])
}
