//! Memory that a file is read into.
//!
//! The system makes a page when it is touched for the first time. For 70 MB in pages of 4 KiB that takes
//! about as long as reading them, so large pages are asked for, of which there are 512 times fewer.
//!
//! The trap: what gives untouched pages ends the process where there is no room, so that is asked before.

#![cfg_attr(
    target_os = "linux",
    expect(unsafe_code, reason = "the system is told what pages are for")
)]

use std::hint::black_box;
use std::io;

/// From here on it is worth a call of the system. What C libraries give from here on is mostly mapped apart,
/// so that what was asked of its pages goes with them.
const MANY: usize = 8 << 20;

/// So many zeros: pages as the system gives them, which nobody writes before the file is read into
/// them.
pub(super) fn room_for(length: usize) -> io::Result<Vec<u8>> {
    let mut asked = Vec::<u8>::new();
    asked.try_reserve_exact(length).map_err(io::Error::other)?;
    drop(black_box(asked));
    let mut room = vec![0; length];
    if length > MANY {
        in_large_pages(&mut room);
    }
    Ok(room)
}

/// Asks for large pages below those of `room` that no other memory shares; the system may decline.
#[cfg(target_os = "linux")]
fn in_large_pages(room: &mut [u8]) {
    const LARGE: usize = 2 << 20;
    let before = room.as_ptr().align_offset(LARGE).min(room.len());
    let inside = &mut room[before..];
    let length = inside.len() - inside.len() % LARGE;
    // SAFETY: these are whole pages of memory that is ours alone. What they hold stays as it is.
    let _declined =
        unsafe { libc::madvise(inside.as_mut_ptr().cast(), length, libc::MADV_HUGEPAGE) };
}

/// Elsewhere the system decides.
#[cfg(not(target_os = "linux"))]
fn in_large_pages(_: &mut [u8]) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_so_many_zeros_that_can_be_written() {
        for length in [0, 1, 5000, MANY, MANY + 1, MANY + (5 << 20) + 3] {
            let mut room = room_for(length).unwrap();
            assert_eq!(room.len(), length);
            assert!(room.iter().all(|byte| *byte == 0));
            room.fill(7);
            assert!(room.iter().all(|byte| *byte == 7));
        }
    }

    #[test]
    fn what_cannot_be_had_is_an_error() {
        assert!(room_for(isize::MAX as usize).is_err());
    }
}
