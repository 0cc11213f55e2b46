//! Many pieces of one call, done by a few threads, and their answers in the order of the pieces.
//!
//! The caller's thread is one of them; each takes the next piece when it has done one, so none waits
//! while there is work. Where no thread can be started the others do its part.
//!
//! The trap: the pieces may wait, for an instance say. So these are threads of the call's own; on
//! threads that all calls share, one that waits would keep others from theirs.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The answers to all `pieces`, by up to `threads` at once.
pub(super) fn over<T: Sync, A: Send>(
    threads: usize,
    pieces: &[T],
    answer: impl Fn(&T) -> A + Sync,
) -> Vec<A> {
    let next = AtomicUsize::new(0);
    let work = || {
        let take = || {
            let place = next.fetch_add(1, Ordering::Relaxed);
            Some((place, answer(pieces.get(place)?)))
        };
        std::iter::from_fn(take).collect::<Vec<_>>()
    };
    let mut answers = thread::scope(|scope| {
        let spawn = |_| {
            let builder = thread::Builder::new().name("amaas-part".to_owned());
            builder.spawn_scoped(scope, work).ok()
        };
        let others: Vec<_> = (1..threads.min(pieces.len())).map_while(spawn).collect();
        let mut answers = work();
        for other in others {
            answers.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        answers
    });
    answers.sort_by_key(|(place, _)| *place);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_keep_the_order_of_the_pieces() {
        let pieces: Vec<_> = (0..1000).collect();
        for threads in [0, 1, 4] {
            let answers = over(threads, &pieces, |piece| piece * 2);
            assert_eq!(
                answers,
                pieces.iter().map(|piece| piece * 2).collect::<Vec<_>>()
            );
        }
        assert!(over(4, &[0; 0], |piece| *piece).is_empty());
    }

    #[test]
    fn several_threads_work_at_once() {
        let barrier = std::sync::Barrier::new(3);
        let answers = over(3, &[1, 2, 3], |piece| {
            barrier.wait();
            *piece
        });
        assert_eq!(answers, [1, 2, 3]);
    }
}
