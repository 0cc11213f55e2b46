//! From the recogniser's scores to text: at each step the best character, repeats and blanks left
//! out (connectionist temporal classification, Graves et al. 2006, decoded greedily).
//!
//! The trap: the classes are a blank, then the alphabet, then a space that no alphabet lists.

use crate::tensor::Tensor;
use crate::{Error, ErrorKind, Result};

/// The characters that a recogniser tells apart.
#[derive(Debug)]
pub(super) struct Alphabet(Vec<String>);

impl Alphabet {
    /// Those of the manifest, or those that stand in the graph's file, a line each.
    ///
    /// # Errors
    /// `InvalidPackage` when neither says any.
    pub(super) fn of(listed: &[String], stored: Option<&str>) -> Result<Self> {
        let mut characters: Vec<String> = match (listed, stored) {
            ([], Some(stored)) => stored.lines().map(str::to_owned).collect(),
            (listed, _) => listed.to_vec(),
        };
        if characters.is_empty() {
            return Err(
                Error::new(ErrorKind::InvalidPackage, "the recogniser has no alphabet").advise(
                    "set `task.alphabet`, or store it in the graph's metadata as `character`",
                ),
            );
        }
        characters.insert(0, String::new());
        characters.push(" ".to_owned());
        Ok(Self(characters))
    }

    /// The text of each row of `[rows, steps, classes]`, with the mean probability of its characters;
    /// 0 for a row without any.
    ///
    /// # Errors
    /// `InvalidPackage` for another shape, `InferenceFailed` for what is not a number.
    pub(super) fn read(&self, scores: &Tensor) -> Result<Vec<(String, f64)>> {
        let [_, steps, classes] = **scores.shape() else {
            return Err(self.unfit(scores));
        };
        if classes != self.0.len() || steps == 0 {
            return Err(self.unfit(scores));
        }
        let rows = scores.as_slice::<f32>()?.chunks_exact(steps * classes);
        rows.map(|row| self.row(row.chunks_exact(classes)))
            .collect()
    }

    fn row<'a>(&self, steps: impl Iterator<Item = &'a [f32]>) -> Result<(String, f64)> {
        let (mut text, mut sum, mut count, mut last) = (String::new(), 0.0, 0_u32, 0);
        for step in steps {
            let first = (0, f32::NEG_INFINITY);
            let (class, score) = step.iter().enumerate().fold(first, |best, (class, score)| {
                if *score > best.1 {
                    (class, *score)
                } else {
                    best
                }
            });
            if !score.is_finite() {
                let message = "the recogniser gave what is not a number";
                return Err(Error::new(ErrorKind::InferenceFailed, message)
                    .advise("check the model: its weights or the input make it overflow"));
            }
            if class != 0 && class != last {
                text.push_str(&self.0[class]);
                sum += f64::from(score);
                count += 1;
            }
            last = class;
        }
        Ok((text, sum / f64::from(count.max(1))))
    }

    fn unfit(&self, found: &Tensor) -> Error {
        let message = format!("the recogniser gave {}{}", found.dtype(), found.shape());
        let wanted = self.0.len();
        Error::new(ErrorKind::InvalidPackage, message).advise(format!(
            "with its alphabet it must give [lines, steps, {wanted}]"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(classes: &[usize]) -> Tensor {
        let rows = classes
            .iter()
            .flat_map(|best| (0..4).map(move |class| if class == *best { 0.8_f32 } else { 0.05 }));
        Tensor::from_vec([1, classes.len(), 4], rows.collect()).unwrap()
    }

    #[test]
    fn repeats_and_blanks_are_left_out() {
        let alphabet = Alphabet::of(&[], Some("a\nb")).unwrap();
        let read = |classes: &[usize]| alphabet.read(&scores(classes)).unwrap().remove(0);
        assert_eq!(read(&[0, 1, 1, 0, 1, 2, 2, 3]).0, "aab ");
        assert_eq!(read(&[0, 0]), (String::new(), 0.0));
        assert!((read(&[1, 0, 2]).1 - 0.8).abs() < 1e-6);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(Alphabet::of(&[], None).is_err());
        let alphabet = Alphabet::of(&["a".into()], None).unwrap();
        assert_eq!(
            alphabet.read(&scores(&[0])).unwrap_err().kind(),
            ErrorKind::InvalidPackage
        );
        let nan = Tensor::from_vec([1, 1, 3], vec![f32::NAN; 3]).unwrap();
        assert_eq!(
            alphabet.read(&nan).unwrap_err().kind(),
            ErrorKind::InferenceFailed
        );
    }
}
