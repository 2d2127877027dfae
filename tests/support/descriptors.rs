//! What is called what in the descriptors of the wire, read by the byte.

/// The parts of a protobuf message: each field's number with its bytes, if it has some.
fn fields(mut bytes: &[u8]) -> Vec<(u64, &[u8])> {
    fn number(bytes: &mut &[u8]) -> u64 {
        let mut n = 0;
        for shift in (0..).step_by(7) {
            let (byte, rest) = bytes.split_first().unwrap();
            *bytes = rest;
            n |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        n
    }
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = number(&mut bytes);
        let len = match tag & 7 {
            0 => {
                number(&mut bytes);
                0
            }
            2 => usize::try_from(number(&mut bytes)).unwrap(),
            other => panic!("descriptors have no wire type {other}"),
        };
        let (value, rest) = bytes.split_at(len);
        fields.push((tag >> 3, value));
        bytes = rest;
    }
    fields
}

fn with(number: u64, bytes: &[u8]) -> Vec<&[u8]> {
    fields(bytes).into_iter().filter(|(n, _)| *n == number).map(|(_, value)| value).collect()
}

fn text(number: u64, bytes: &[u8]) -> &str {
    with(number, bytes).first().map_or("", |name| std::str::from_utf8(name).unwrap())
}

/// The path of every call in the descriptors.
pub fn paths() -> Vec<String> {
    let mut paths = Vec::new();
    for file in with(1, proto::DESCRIPTORS) {
        for service in with(6, file) {
            for method in with(2, service) {
                paths.push(format!("/{}.{}/{}", text(2, file), text(1, service), text(1, method)));
            }
        }
    }
    paths
}
