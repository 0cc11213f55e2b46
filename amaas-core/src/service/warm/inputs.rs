//! The inputs of warm-up runs: rows as the task would make them, or tensors made up from the
//! signature.
//!
//! The trap: some kernels divide integers by their input without looking, and a division by zero
//! would end the process. Integers are therefore ones, and nothing is too large to be made up
//! without a thought for memory.

use std::sync::Arc;

use super::{Cold, Rehearsal, WarmUp};
use crate::Result;
use crate::model::{Dimension, Port, PortKind, Signature};
use crate::scheduler::PoolLimits;
use crate::service::PreparedTask;
use crate::tensor::{Dtype, Tensor};

/// Dimensions that may have any length are this long, in turn.
const LENGTHS: [usize; 2] = [1, 4];

/// No input is made up that takes more bytes.
const MOST_BYTES: usize = 64 << 20;

/// What every instance runs, the smallest first, each shape once.
///
/// # Errors
/// `InvalidPackage` when the task cannot make rows of its own.
pub(in crate::service) fn rehearsals(
    task: Option<&dyn PreparedTask>,
    part: Option<&str>,
    signature: &Signature,
    warm_up: &WarmUp,
    limits: &PoolLimits,
) -> Result<Result<Vec<Rehearsal>, Cold>> {
    let all = match task {
        Some(task) => of_task(task, part, warm_up, limits)?,
        None => match made_up(signature) {
            Ok(all) => all,
            Err(cold) => return Ok(Err(cold)),
        },
    };
    let mut distinct: Vec<Rehearsal> = Vec::new();
    for rehearsal in all {
        if !distinct.iter().any(|known| known.has_shapes_of(&rehearsal)) {
            distinct.push(rehearsal);
        }
    }
    distinct.sort_by_key(Rehearsal::size);
    Ok(Ok(distinct))
}

fn of_task(
    task: &dyn PreparedTask,
    part: Option<&str>,
    warm_up: &WarmUp,
    limits: &PoolLimits,
) -> Result<Vec<Rehearsal>> {
    let mut all = Vec::new();
    for rows in &warm_up.rows {
        let rows = (*rows).clamp(1, limits.rows.max(1));
        for share in &warm_up.lengths {
            let rehearsal = match part {
                Some(part) => task.rehearsal_of(part, rows, *share)?,
                None => task.rehearsal(rows, *share)?,
            };
            if rows == 1 || rehearsal.size() <= limits.tokens {
                all.push(rehearsal);
            }
        }
    }
    Ok(all)
}

fn made_up(signature: &Signature) -> Result<Vec<Rehearsal>, Cold> {
    let of_length = |length: usize| {
        let inputs = signature.inputs.iter();
        let inputs = inputs.map(|port| Ok((port.name.clone(), tensor(port, length)?)));
        Ok(Rehearsal {
            inputs: inputs.collect::<Result<_, Cold>>()?,
            outputs: Vec::new(),
        })
    };
    LENGTHS.into_iter().map(of_length).collect()
}

fn tensor(port: &Port, length: usize) -> Result<Tensor, Cold> {
    let unknown = || Cold::NoInput(port.name.clone());
    let PortKind::Tensor(dtype, Some(dimensions)) = &port.kind else {
        return Err(unknown());
    };
    let shape: Vec<usize> = dimensions
        .iter()
        .map(|dimension| match dimension {
            Dimension::Fixed(fixed) => *fixed,
            Dimension::Named(_) | Dimension::Any => length,
        })
        .collect();
    let count = shape
        .iter()
        .try_fold(1, |product: usize, length| product.checked_mul(*length));
    let bytes = |count: &usize| {
        count
            .checked_mul(dtype.bits().unwrap_or(64).max(8))
            .map(|bits| bits / 8)
    };
    let count = count.filter(|count| bytes(count).is_some_and(|bytes| bytes <= MOST_BYTES));
    filled(*dtype, shape, count.ok_or_else(unknown)?).map_err(|_| unknown())
}

/// Ones for integers, empty texts, and zeros for all else.
fn filled(dtype: Dtype, shape: Vec<usize>, count: usize) -> Result<Tensor> {
    match dtype {
        Dtype::Int8 => Tensor::from_vec(shape, vec![1_i8; count]),
        Dtype::Int16 => Tensor::from_vec(shape, vec![1_i16; count]),
        Dtype::Int32 => Tensor::from_vec(shape, vec![1_i32; count]),
        Dtype::Int64 => Tensor::from_vec(shape, vec![1_i64; count]),
        Dtype::Uint8 => Tensor::from_vec(shape, vec![1_u8; count]),
        Dtype::Uint16 => Tensor::from_vec(shape, vec![1_u16; count]),
        Dtype::Uint32 => Tensor::from_vec(shape, vec![1_u32; count]),
        Dtype::Uint64 => Tensor::from_vec(shape, vec![1_u64; count]),
        Dtype::Float32 => Tensor::from_vec(shape, vec![0_f32; count]),
        Dtype::Float64 => Tensor::from_vec(shape, vec![0_f64; count]),
        Dtype::String => Tensor::from_strings(shape, vec![""; count]),
        other => {
            let bytes = other.byte_length(count).unwrap_or_default();
            Tensor::from_buffer(other, shape, Arc::new(vec![0_u8; bytes]))
        }
    }
}
