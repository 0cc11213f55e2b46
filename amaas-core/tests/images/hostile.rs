//! Images that are none, are cut off, or are larger than they look.

use std::fs;

use amaas_core::tasks::Image;
use amaas_core::{ErrorKind, Tensor};

use super::support::{load, path, picture};

fn bytes(name: &str) -> Vec<u8> {
    fs::read(path("tests/fixtures/images").join(name)).unwrap()
}

/// A chunk of PNG.
fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap();
    let mut sum = !0_u32;
    for byte in kind.iter().chain(data) {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 {
                sum >> 1 ^ 0xedb8_8320
            } else {
                sum >> 1
            };
        }
    }
    let parts = [&length.to_be_bytes()[..], kind, data, &(!sum).to_be_bytes()];
    parts.concat()
}

/// The head of a PNG of this size, and hardly anything after it.
fn png(width: u32, height: u32) -> Vec<u8> {
    let head = [
        &width.to_be_bytes()[..],
        &height.to_be_bytes(),
        &[8, 6, 0, 0, 0],
    ]
    .concat();
    let parts = [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &head),
        chunk(b"IDAT", b"\x78\x9c\x03\x00\x00\x00\x00\x01"),
        chunk(b"IEND", b""),
    ];
    parts.concat()
}

/// A bitmap that says it has this size.
fn bmp(width: i32, height: i32) -> Vec<u8> {
    let mut file = bytes("rgb.bmp");
    file[18..22].copy_from_slice(&width.to_le_bytes());
    file[22..26].copy_from_slice(&height.to_le_bytes());
    file
}

#[test]
fn what_is_no_image_is_refused_by_its_place_and_the_next_call_is_unharmed() {
    let route = load("tests/fixtures/colours");
    let cases: [(&str, Vec<u8>); 8] = [
        ("nothing", Vec::new()),
        ("a text", b"this is no image at all".to_vec()),
        ("a head alone", b"\x89PNG\r\n\x1a\n".to_vec()),
        (
            "a graph",
            fs::read(path("tests/fixtures/noop.onnx")).unwrap(),
        ),
        (
            "a GIF",
            b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00".to_vec(),
        ),
        ("a PNG without pixels", png(4, 4)),
        ("a PNG without width", png(0, 4)),
        ("zeros", vec![0; 4096]),
    ];
    for (what, file) in cases {
        let images = [picture("rgb.png"), Image::encoded(file)];
        let error = route.classify_images(&images).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{what}: {error}");
        assert!(error.to_string().contains("image: 1"), "{what}: {error}");
        assert!(
            !error.report().contains("no image at all"),
            "{what}: {error}"
        );
    }
    assert!(route.classify_images(&[picture("rgb.png")]).is_ok());
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_an_error_and_no_panic() {
    let route = load("tests/fixtures/colours");
    for name in [
        "rgb.png",
        "palette.png",
        "rgb.bmp",
        "lossless.webp",
        "lossy.webp",
        "rgb.jpg",
    ] {
        let whole = bytes(name);
        let mut refused = 0;
        for length in (0..whole.len()).step_by(7.max(whole.len() / 64)) {
            let cut = Image::encoded(&whole[..length]);
            match route.classify_images(&[cut]) {
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{name} {length}");
                    refused += 1;
                }
                // A decoder may make do with what is there of the pixels.
                Ok(answers) => assert_eq!(answers.len(), 1),
            }
        }
        assert!(refused > 0, "{name}");
    }
}

#[test]
fn damaged_bytes_never_take_the_process_down() {
    let route = load("tests/fixtures/colours");
    for name in [
        "rgb.png",
        "rgb.jpg",
        "lossy.webp",
        "rgb.bmp",
        "orientation6.jpg",
    ] {
        let whole = bytes(name);
        for place in (0..whole.len()).step_by(3.max(whole.len() / 200)) {
            let mut damaged = whole.clone();
            damaged[place] ^= 0xff;
            if let Err(error) = route.classify_images(&[Image::encoded(damaged)]) {
                let kinds = [ErrorKind::InvalidArgument, ErrorKind::InputTooLong];
                assert!(kinds.contains(&error.kind()), "{name} {place}: {error}");
            }
        }
    }
}

#[test]
fn small_files_of_enormous_images_are_refused_before_anything_is_allocated() {
    let route = load("tests/fixtures/colours");
    let mut webp = bytes("lossless.webp");
    // After the signature of a lossless image come 14 bits each of width and height, less one.
    let edge = 15_999_u32;
    webp[21..25].copy_from_slice(&(edge | edge << 14).to_le_bytes());
    let cases = [
        ("PNG", png(60_000, 60_000)),
        ("PNG of one row", png(0x7fff_ffff, 1)),
        ("BMP", bmp(40_000, 40_000)),
        ("WebP", webp),
    ];
    for (what, file) in cases {
        assert!(file.len() < 10_000, "{what}");
        let info = allocation_counter::measure(|| {
            let error = route.classify_images(&[Image::encoded(file)]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InputTooLong, "{what}: {error}");
        });
        assert!(info.bytes_max < 1 << 20, "{what}: {} bytes", info.bytes_max);
    }
}

#[test]
fn proportions_that_would_blow_up_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["model.onnx", "amaas.toml"] {
        fs::copy(
            path("tests/fixtures/colours").join(file),
            folder.path().join(file),
        )
        .unwrap();
    }
    let manifest = fs::read_to_string(folder.path().join("amaas.toml")).unwrap();
    let image = "[image]\nsize = { shortest_edge = 512 }\ncrop = { height = 8, width = 8 }\n";
    fs::write(folder.path().join("amaas.toml"), manifest + image).unwrap();
    let service = amaas_core::Service::builder().build().unwrap();
    let route = service.load(folder.path().to_str().unwrap()).unwrap();
    let line = Tensor::from_vec([1, 1_000_000], vec![0_u8; 1_000_000]).unwrap();
    let error = route
        .classify_images(&[Image::pixels(line).unwrap()])
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InputTooLong);
    assert!(route.classify_images(&[picture("rgb.png")]).is_ok());
}

#[test]
fn arrays_of_other_kinds_are_no_images() {
    let refused = |tensor: Tensor| Image::pixels(tensor).unwrap_err().kind();
    let zeros =
        |shape: &[usize]| Tensor::from_vec(shape, vec![0_u8; shape.iter().product()]).unwrap();
    for shape in [
        &[4][..],
        &[2, 2, 2],
        &[2, 2, 5],
        &[0, 4],
        &[2, 0, 3],
        &[1, 2, 2, 3],
    ] {
        assert_eq!(
            refused(zeros(shape)),
            ErrorKind::InvalidArgument,
            "{shape:?}"
        );
    }
    let floats = Tensor::from_vec([2, 2], vec![0.0_f32; 4]).unwrap();
    assert_eq!(refused(floats), ErrorKind::InvalidArgument);
    let missing = Image::open("no/such/file.png").unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Io);
}
