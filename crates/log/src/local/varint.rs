//! LEB128 numbers: seven bits to a byte, the lowest first, the top bit set on all but the last. Only the shortest
//! form is read.

/// Longest form of a number.
pub const BYTES_MAX: usize = 10;

/// Appends `number`.
pub fn push(out: &mut Vec<u8>, mut number: u64) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

/// Takes one number off the front; none if the bytes are not the shortest form of a number.
pub fn take(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for (place, byte) in rest.iter().take(BYTES_MAX).enumerate() {
        let bits = u64::from(byte & 0x7F);
        if place == BYTES_MAX - 1 && bits > 1 {
            return None;
        }
        number |= bits << (7 * place);
        if byte & 0x80 == 0 {
            if place > 0 && *byte == 0 {
                return None;
            }
            *rest = &rest[place + 1..];
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn longer_forms_and_overflows_are_refused() {
        for bytes in [
            &[0x80, 0x00][..],
            &[0x80],
            &[],
            &[0xFF; 11],
            &[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2],
        ] {
            assert_eq!(take(&mut &*bytes), None, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_pushed_is_taken(shift in 0_u32..64, number: u64, tail: Vec<u8>) {
            let number = number >> shift;
            let mut bytes = Vec::new();
            push(&mut bytes, number);
            prop_assert!(bytes.len() <= BYTES_MAX);
            bytes.extend_from_slice(&tail);
            let mut rest = bytes.as_slice();
            prop_assert_eq!(take(&mut rest), Some(number));
            prop_assert_eq!(rest, tail.as_slice());
        }

        #[test]
        fn whatever_is_taken_is_pushed_the_same(bytes: Vec<u8>) {
            let mut rest = bytes.as_slice();
            if let Some(number) = take(&mut rest) {
                let mut again = Vec::new();
                push(&mut again, number);
                prop_assert_eq!(again.as_slice(), &bytes[..bytes.len() - rest.len()]);
            }
        }
    }
}
