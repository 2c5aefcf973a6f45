//! `AWS::Route53::*`.

mod changes;
mod delegation;
mod hosted_zone;
mod record_set;

pub(crate) use changes::{apply, change, cname, find_record};
pub(crate) use delegation::missing_delegation;
pub(crate) use hosted_zone::HostedZone;
pub(crate) use record_set::RecordSet;

/// A domain name in the form in which Route 53 compares names: in lower case, without the trailing
/// dot, and with the characters that it gives back as `\052` as they are.
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html>
pub(crate) fn normal_name(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    let mut rest = name.strip_suffix('.').unwrap_or(name);
    while let Some((before, after)) = rest.split_once('\\') {
        let code = after.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        normal.push_str(before);
        normal.push(code.map_or('\\', char::from));
        rest = if code.is_some() { &after[3..] } else { after };
    }
    normal.push_str(rest);
    normal.make_ascii_lowercase();
    normal
}

/// A domain name with the codes that Route 53 keeps instead of other characters than `a` to `z`, digits, `-` and `_`, and
/// by which it sorts. The reverse of [`normal_name`].
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html>
pub(crate) fn escaped_name(name: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        _ => format!("\\{byte:03o}"),
    };
    name.bytes().map(escape).collect()
}

/// The name that Route 53 keeps, in the words of the declaration where they mean the same.
fn declared_name(declared: &str, live: &str) -> String {
    let normal = normal_name(live);
    if normal_name(declared) == normal { declared.to_owned() } else { normal }
}

/// `Z1234` from `/hostedzone/Z1234`.
pub(crate) fn bare_id(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_route_53_writes_differently_is_the_declared_one() {
        assert_eq!(declared_name("*.Shop.example.com", "\\052.shop.example.com."), "*.Shop.example.com");
        assert_eq!(declared_name("shop.example.com.", "shop.example.com."), "shop.example.com.");
        assert_eq!(declared_name("shop.example.com", "\\052.example.com."), "*.example.com");
        assert_eq!(normal_name("a\\b.example.com"), "a\\b.example.com");
    }

    #[test]
    fn an_escaped_name_is_the_one_that_route_53_keeps() {
        assert_eq!(escaped_name("0/25.2.0.192.in-addr.arpa"), "0\\05725.2.0.192.in-addr.arpa");
        assert_eq!(normal_name(&escaped_name("*.0/25_a.example.com")), "*.0/25_a.example.com");
    }
}
