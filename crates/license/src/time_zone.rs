//! `TZ=`: the time zones that a line may be used in.

/// One of the time zones of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zone {
    /// `SERVERTZ`: the license host's.
    Server,
    /// So many minutes east of GMT.
    East(i16),
}

/// Reads `SERVERTZ` and hours from GMT (`-5`, `GMT+1`, `+5:30`), divided by blanks or commas. Nothing
/// where any of them is something else.
pub(crate) fn read(text: &str) -> Option<Vec<Zone>> {
    let words = text.split([' ', '\t', ',']).filter(|word| !word.is_empty());
    let zones: Vec<Zone> = words.map(zone).collect::<Option<_>>()?;
    (!zones.is_empty()).then_some(zones)
}

fn zone(word: &str) -> Option<Zone> {
    let word = word.to_ascii_uppercase();
    if word == "SERVERTZ" {
        return Some(Zone::Server);
    }
    let gmt = word.strip_prefix("GMT").or(word.strip_prefix("UTC"));
    let rest = gmt.unwrap_or(&word);
    if rest.is_empty() {
        return Some(Zone::East(0));
    }
    let (sign, rest) = match (rest.strip_prefix('-'), rest.strip_prefix('+')) {
        (Some(rest), _) => (-1, rest),
        (None, Some(rest)) => (1, rest),
        (None, None) => (1, rest),
    };
    let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "00"));
    let number = |text: &str, digits: std::ops::RangeInclusive<usize>, max: i16| {
        let digits = digits.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<i16>().ok().filter(|n| digits && *n <= max)
    };
    let (hours, minutes) = (number(hours, 1..=2, 14)?, number(minutes, 2..=2, 59)?);
    Some(Zone::East(sign * (hours * 60 + minutes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_zones_are_the_servers_or_hours_from_gmt() {
        let east = |minutes| Some(vec![Zone::East(minutes)]);
        for (text, zones) in [
            ("SERVERTZ", Some(vec![Zone::Server])),
            ("servertz", Some(vec![Zone::Server])),
            ("GMT", east(0)),
            ("0", east(0)),
            ("-5", east(-300)),
            ("GMT+1", east(60)),
            ("UTC-03:30", east(-210)),
            ("+5:45", east(345)),
            ("+14", east(840)),
            ("+15", None),
            ("-5, -6 SERVERTZ", Some(vec![Zone::East(-300), Zone::East(-360), Zone::Server])),
            ("", None),
            ("CET", None),
            ("-5 CET", None),
            ("+5:60", None),
            ("+5:3", None),
            ("--5", None),
            ("+100", None),
            ("a;b%", None),
        ] {
            assert_eq!(read(text), zones, "{text}");
        }
    }
}
