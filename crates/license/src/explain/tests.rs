use super::*;

const FILE: &str = "\
# a comment \\
SERVER lic1 ACME_HOSTID=08-00 27000 PRIMARY_IS_MASTER PLAT=x

DAEMON acmed /opt/acmed options=acmed.opt PORT=27010
INCREMENT mill acmed 4.2 1-jan-0 2 0123456789AB CONFIG_ID=7 \\
\tsort=5 NEWKEY=1 my_note=\"a b\" TS_OK \\
  SIGN=\"00AA\"
UPGRADE mill acmed 4.2 5.0 permanent 2
PACKAGE kit acmed COMPONENTS=mill SIGN=\"01234567:3:AAAA\"
SEAL acmed P-1 3 DIGEST=00 SIGN=\"x:y\"
NONSENSE here
NOTICE=\"open
INCREMENT
USE_SERVER now";

fn parts(line: u32) -> Vec<String> {
    let Explained::Line(line) = explain(&Source::new("x", FILE), line) else { panic!("{line} is no line") };
    let show = |part: &Part| {
        assert!(!part.means.is_empty(), "{part:?}");
        format!("{:?} {}={}", part.kind, part.name, part.value.as_deref().unwrap_or("-"))
    };
    line.parts.iter().map(show).collect()
}

#[test]
fn each_word_has_its_name_value_and_kind() {
    for (line, expected) in [
        (
            2,
            &[
                "Free host=lic1",
                "Signed host id=ACME_HOSTID=08-00",
                "Free port=27000",
                "Free option=PRIMARY_IS_MASTER",
                "Free PLAT=x",
            ][..],
        ),
        (4, &["Free vendor=acmed", "Free program=/opt/acmed", "Free options=acmed.opt", "Free port=27010"]),
        (
            6,
            &[
                "Signed feature=mill",
                "Signed vendor=acmed",
                "Signed version=4.2",
                "Signed expiry=1-jan-0",
                "Signed count=2",
                "Misplaced license key=0123456789AB",
                "Signed CONFIG_ID=7",
                "Free sort=5",
                "Unknown NEWKEY=1",
                "Free my_note=a b",
                "Signed TS_OK=-",
                "Signature SIGN=00AA",
            ],
        ),
        (
            8,
            &[
                "Signed feature=mill",
                "Signed vendor=acmed",
                "Signed from version=4.2",
                "Signed to version=5.0",
                "Signed expiry=permanent",
                "Signed count=2",
            ],
        ),
        (
            9,
            &[
                "Signed package=kit",
                "Signed vendor=acmed",
                "Signed COMPONENTS=mill",
                "Signature SIGN=01234567:3:AAAA",
            ],
        ),
        (
            10,
            &[
                "Signed vendor=acmed",
                "Signed pack=P-1",
                "Signed lines=3",
                "Signed DIGEST=00",
                "Signature SIGN=x:y",
            ],
        ),
        (13, &[]),
        (14, &["Misplaced word=now"]),
    ] {
        assert_eq!(parts(line), expected, "line {line}");
    }
}

#[test]
fn every_physical_line_finds_its_logical_one() {
    let source = Source::new("x", FILE);
    for (number, first, last, keyword, signature) in [
        (2, 2, 2, "SERVER", LineSignature::NotNeeded),
        (4, 4, 4, "VENDOR", LineSignature::NotNeeded),
        (5, 5, 7, "INCREMENT", LineSignature::Foreign),
        (6, 5, 7, "INCREMENT", LineSignature::Foreign),
        (7, 5, 7, "INCREMENT", LineSignature::Foreign),
        (8, 8, 8, "UPGRADE", LineSignature::Missing),
        (9, 9, 9, "PACKAGE", LineSignature::Broken),
    ] {
        let Explained::Line(line) = explain(&source, number) else { panic!("{number}") };
        assert_eq!((line.place.first, line.place.last, line.keyword), (first, last, keyword), "{number}");
        assert_eq!(line.signature, signature, "{number}");
        assert!(FILE[line.place.span.clone()].starts_with(|c: char| c.is_ascii_uppercase()));
    }
    assert_eq!(explain(&source, 1), Explained::Comment);
    assert_eq!(explain(&source, 3), Explained::Blank);
    for number in [11, 12] {
        assert!(matches!(explain(&source, number), Explained::Unreadable(place) if place.first == number));
    }
    for number in [0, 15, u32::MAX] {
        assert_eq!(explain(&source, number), Explained::NoSuchLine { lines: 14 });
    }
    assert_eq!(explain(&Source::new("x", ""), 1), Explained::NoSuchLine { lines: 0 });
    assert!(matches!(explain(&Source::new("x", "SERVER a\0"), 1), Explained::Unreadable(_)));
}
