//! A model of any size, made here: matrices that a row is multiplied with, one after the other.
//!
//! Field numbers are those of `onnx.proto`.

/// Rows and columns of each matrix.
pub(crate) const WIDTH: usize = 1024;

/// A serialized model with so many matrices of 4 MiB each.
pub(crate) fn layers(count: usize) -> Vec<u8> {
    let value = |index: usize| match index {
        0 => "x".to_owned(),
        _ => format!("x{index}"),
    };
    let nodes = (0..count).flat_map(|index| {
        let (from, by, to) = (value(index), format!("w{index}"), value(index + 1));
        let node = [
            text(1, &from),
            text(1, &by),
            text(2, &to),
            text(4, "MatMul"),
        ];
        bytes(1, &node.concat())
    });
    let weights = (0..count).flat_map(|index| bytes(5, &matrix(index)));
    let graph = [
        nodes.collect(),
        text(2, "layers"),
        weights.collect(),
        bytes(11, &port("x")),
        bytes(12, &port(&value(count))),
    ];
    let operators = [text(1, ""), number(2, 17)];
    let model = [
        number(1, 8),
        bytes(7, &graph.concat()),
        bytes(8, &operators.concat()),
    ];
    model.concat()
}

/// Other values in each, since equal ones might be stored once.
fn matrix(index: usize) -> Vec<u8> {
    let mut state = index as u32 + 1;
    let values = (0..WIDTH * WIDTH).flat_map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let value = (state >> 8) as f32 / (1 << 24) as f32 - 0.5;
        (value * 0.1).to_le_bytes()
    });
    let length = WIDTH as u64;
    let fields = [
        number(1, length),
        number(1, length),
        number(2, 1),
        text(8, &format!("w{index}")),
        bytes(9, &values.collect::<Vec<_>>()),
    ];
    fields.concat()
}

/// One row of float32.
fn port(name: &str) -> Vec<u8> {
    let dimension = |length: u64| bytes(1, &number(1, length));
    let shape = [dimension(1), dimension(WIDTH as u64)].concat();
    let tensor = [number(1, 1), bytes(2, &shape)].concat();
    [text(1, name), bytes(2, &bytes(1, &tensor))].concat()
}

fn text(field: u64, text: &str) -> Vec<u8> {
    bytes(field, text.as_bytes())
}

fn bytes(field: u64, bytes: &[u8]) -> Vec<u8> {
    [
        varint(field << 3 | 2),
        varint(bytes.len() as u64),
        bytes.to_vec(),
    ]
    .concat()
}

fn number(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3), varint(value)].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut written = Vec::new();
    while value >= 0x80 {
        written.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    written.push(value as u8);
    written
}
