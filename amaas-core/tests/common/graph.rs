//! Parts of serialized graphs whose numbers lie in other files. Field numbers: `onnx.proto`.

/// The field of a model that holds a graph with one tensor for each file of weights.
pub(crate) fn tensors(weights: &[&str]) -> Vec<u8> {
    let tensors = weights.iter().flat_map(|location| {
        let entry = [field(1, b"location"), field(2, location.as_bytes())].concat();
        field(5, &field(13, &entry))
    });
    field(7, &tensors.collect::<Vec<_>>())
}

fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let length = u8::try_from(bytes.len())
        .ok()
        .filter(|length| *length < 128)
        .unwrap();
    [&[number << 3 | 2, length], bytes].concat()
}
