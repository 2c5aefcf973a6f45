//! Address blocks that are checked at compile time.

use ipnet::Ipv4Net;
use std::net::Ipv4Addr;

/// An IPv4 address block, checked by the compiler: `cidr!("10.51.0.0/16")`.
///
/// ```
/// use groundplan_core::cidr;
/// assert_eq!(cidr!("10.51.0.0/16").prefix_len(), 16);
/// ```
///
/// An invalid block, or one with bits set after its prefix, does not compile:
///
/// ```compile_fail
/// # use groundplan_core::cidr;
/// let block = cidr!("10.51.0.300/16");
/// ```
#[macro_export]
macro_rules! cidr {
    ($text:literal) => {{
        // A constant item, unlike a constant block, is evaluated by `cargo check` too.
        const BLOCK: $crate::Ipv4Net = $crate::private::parse_v4($text);
        BLOCK
    }};
}

/// Reads `a.b.c.d/n` at compile time. `ipnet` parses at run time only.
///
/// # Panics
/// If the text is not an address block. In a constant, this is a compile error.
pub const fn parse_v4(text: &str) -> Ipv4Net {
    let bytes = text.as_bytes();
    let mut parts = [0u32; 5];
    let mut part = 0;
    let mut digits = 0;
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte.is_ascii_digit() {
            parts[part] = parts[part] * 10 + (byte - b'0') as u32;
            digits += 1;
            assert!(digits <= 3, "invalid IPv4 CIDR block: a number has more than three digits");
        } else {
            let separator = if part < 3 { b'.' } else { b'/' };
            assert!(
                byte == separator && digits > 0 && part < 4,
                "invalid IPv4 CIDR block: write four numbers with dots between them, a slash, and the prefix length"
            );
            part += 1;
            digits = 0;
        }
        at += 1;
    }
    assert!(
        part == 4 && digits > 0,
        "invalid IPv4 CIDR block: write four numbers with dots between them, a slash, and the prefix length"
    );
    let mut octet = 0;
    while octet < 4 {
        assert!(parts[octet] <= 255, "invalid IPv4 CIDR block: each number of the address is at most 255");
        octet += 1;
    }
    assert!(parts[4] <= 32, "invalid IPv4 CIDR block: the prefix length is at most 32");
    let address = parts[0] << 24 | parts[1] << 16 | parts[2] << 8 | parts[3];
    let host_bits = if parts[4] == 0 { u32::MAX } else { !(u32::MAX << (32 - parts[4])) };
    assert!(
        parts[4] == 32 || address & host_bits == 0,
        "invalid IPv4 CIDR block: bits of the address are set after its prefix; they must be zero: the address of a /16 ends in .0.0, that of a /24 in .0"
    );
    Ipv4Net::new_assert(Ipv4Addr::from_bits(address), parts[4] as u8)
}

#[cfg(test)]
mod tests {
    use super::parse_v4;

    #[test]
    fn blocks_are_read_as_ipnet_reads_them() {
        for text in ["10.51.0.0/16", "0.0.0.0/0", "255.255.255.255/32", "10.50.232.0/21"] {
            assert_eq!(parse_v4(text), text.parse().expect("a valid block"));
        }
    }
}
