//! Elements of four and two bits: one to a byte in numpy, packed in a tensor, lowest bits first.

use amaas_core::Dtype;

/// The width of `dtype` where several elements share a byte.
pub(crate) fn width(dtype: Dtype) -> Option<usize> {
    dtype.bits().filter(|bits| *bits < 8)
}

/// Packs elements of `bits` that lie one to a byte.
pub(crate) fn pack(elements: &[u8], bits: usize) -> Vec<u8> {
    let mask = (1_u8 << bits) - 1;
    let join = |byte: u8, (place, element): (usize, &u8)| byte | (element & mask) << (place * bits);
    elements
        .chunks(8 / bits)
        .map(|group| group.iter().enumerate().fold(0, join))
        .collect()
}

/// The first `count` elements of `packed`, one to a byte; negative ones as a whole byte would
/// have them when `signed`.
pub(crate) fn unpack(packed: &[u8], bits: usize, count: usize, signed: bool) -> Vec<u8> {
    let spare = 8 - bits;
    let part = |place: usize| {
        let high = packed[place * bits / 8] >> (place * bits % 8) << spare;
        if signed {
            (high.cast_signed() >> spare).cast_unsigned()
        } else {
            high >> spare
        }
    };
    (0..count).map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back() {
        for bits in [2, 4] {
            for count in 0..9 {
                let elements: Vec<u8> = (0..count).map(|i| (i * 7) as u8 % (1 << bits)).collect();
                let packed = pack(&elements, bits);
                assert_eq!(packed.len(), (count * bits).div_ceil(8));
                assert_eq!(unpack(&packed, bits, count, false), elements);
            }
        }
    }

    #[test]
    fn the_first_element_lies_lowest_and_signs_are_kept() {
        assert_eq!(pack(&[0x0f, 0x01], 4), [0x1f]);
        assert_eq!(unpack(&[0x1f], 4, 2, true), [0xff, 0x01]);
        assert_eq!(pack(&[0xff, 0, 1, 0xfe], 2), [0b10_01_00_11]);
        assert_eq!(unpack(&[0b10_01_00_11], 2, 4, true), [0xff, 0, 1, 0xfe]);
    }
}
