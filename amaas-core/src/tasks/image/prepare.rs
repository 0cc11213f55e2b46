//! From images to the graph's input, as the manifest's `[image]` says.
//!
//! The values of a channel are looked up rather than computed: there are 256 of them.
//!
//! The trap: an image may be stretched to something enormous by its proportions alone; what the
//! graph would see is held against `max_pixels` as well.

use half::f16;

use super::decode::decode;
use super::input::Image;
use super::pixels::{Pixels, Scaling};
use super::plan::Plan;
use crate::model::{
    Channels, Dimension, Extent, ImageSettings, ImageSize, Layout, Port, PortKind, Signature,
};
use crate::tensor::{Dtype, Element, Tensor};
use crate::{Error, ErrorKind, Result};

/// Images on their way into one graph.
#[derive(Debug)]
pub(super) struct Preparer {
    pub(super) settings: ImageSettings,
    pub(super) input: String,
    /// The graph's own height and width.
    size: Option<ImageSize>,
    /// The most images that the graph takes at once.
    pub(super) rows: Option<usize>,
    table: Table,
}

/// An image as the graph sees it.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) plan: Plan,
    pixels: Pixels<'static>,
}

/// What becomes of each value of each channel, in the graph's dtype.
#[derive(Debug)]
enum Table {
    Float32(Vec<[f32; 256]>),
    Float16(Vec<[f16; 256]>),
    Uint8,
}

impl Preparer {
    /// Checks the settings against the graph.
    ///
    /// # Errors
    /// `InvalidPackage` when they do not fit together.
    pub(super) fn prepare(settings: &ImageSettings, signature: &Signature) -> Result<Self> {
        let port = port(settings, signature)?;
        let PortKind::Tensor(dtype, dimensions) = &port.kind else {
            return Err(unfit(port, "a tensor of images"));
        };
        let any = [const { Dimension::Any }; 4];
        let dimensions = dimensions.as_deref().unwrap_or(&any);
        let [batch, first, second, third] = dimensions else {
            return Err(unfit(port, "four dimensions"));
        };
        let (channels, height, width) = match settings.layout {
            Layout::Nchw => (first, second, third),
            Layout::Nhwc => (third, first, second),
        };
        let count = settings.channels.count();
        if fixed(channels).is_some_and(|length| length != count) {
            return Err(unfit(port, &format!("{count} channels")));
        }
        let own = fixed(height).zip(fixed(width));
        check_canvas(settings, port, own)?;
        Ok(Self {
            settings: settings.clone(),
            input: port.name.clone(),
            size: own.map(|(height, width)| ImageSize::Exact(extent(height, width))),
            rows: fixed(batch),
            table: table(settings, *dtype)
                .ok_or_else(|| unfit(port, "float32, float16 or uint8"))?,
        })
    }

    /// Decodes an image and brings it to the size of the graph.
    ///
    /// # Errors
    /// `InvalidArgument` for what is no image, `InputTooLong` for one that is too large.
    pub(super) fn frame(&self, image: &Image) -> Result<Frame> {
        let settings = &self.settings;
        let grey = settings.channels == Channels::Grey;
        let pixels = decode(image, grey, settings.max_pixels)?;
        let plan = Plan::of(settings, self.size, (pixels.width, pixels.height));
        check_area(&plan, settings.max_pixels)?;
        let (width, height) = plan.resized;
        let resized = pixels.resized(width, height, Scaling::Whole(settings.resample))?;
        let pixels = match plan.is_whole() {
            true => resized.into_owned(),
            false => resized.placed(plan.canvas, (plan.left, plan.top), settings.fill),
        };
        Ok(Frame { plan, pixels })
    }

    /// A blank image as the graph sees it, for warming up.
    pub(super) fn blank(&self) -> Result<Frame> {
        let (height, width) = match self.settings.size.or(self.size) {
            Some(ImageSize::Exact(extent)) => (extent.height, extent.width),
            Some(ImageSize::Shortest { shortest_edge }) => (shortest_edge, shortest_edge),
            None => (BLANK, BLANK),
        };
        let pixels = vec![0_u8; height as usize * width as usize];
        let tensor = Tensor::from_vec([height as usize, width as usize], pixels)?;
        self.frame(&Image::pixels(tensor)?)
    }

    /// So many blank images of this size, for warming up.
    pub(super) fn blanks(&self, rows: usize, extent: Extent) -> Result<Tensor> {
        let channels = self.settings.channels.count();
        let length = extent.height as usize * extent.width as usize * channels;
        let blank = Pixels {
            width: extent.width,
            height: extent.height,
            channels,
            data: vec![0; length].into(),
        };
        self.tensor(&vec![&blank; rows.max(1)])
    }

    /// Frames of one height, each filled up to the width with what stands for nothing: zeros, as a
    /// value in the middle becomes.
    pub(super) fn padded(
        &self,
        frames: &[Pixels<'_>],
        (width, height): (u32, u32),
    ) -> Result<Tensor> {
        let channels = self.settings.channels.count();
        let (rows, unit) = match self.settings.layout {
            Layout::Nchw => (channels * height as usize, 1),
            Layout::Nhwc => (height as usize, channels),
        };
        let length = width as usize * unit;
        let mut values = vec![0.0_f32; frames.len() * rows * length];
        let whole = values.chunks_exact_mut((rows * length).max(1));
        for (target, frame) in whole.zip(frames) {
            let own = self.floats(frame)?;
            let sources = own.chunks_exact((frame.width as usize * unit).max(1));
            for (row, source) in target.chunks_exact_mut(length.max(1)).zip(sources) {
                row[..source.len()].copy_from_slice(source);
            }
        }
        Tensor::from_vec(self.shape(frames.len(), (width, height)), values)
    }

    fn floats(&self, frame: &Pixels<'_>) -> Result<Vec<f32>> {
        match &self.table {
            Table::Float32(table) => Ok(self.values(&[frame], table)),
            Table::Float16(_) | Table::Uint8 => Err(Error::new(
                ErrorKind::Unsupported,
                "lines are read by float32 graphs only",
            )
            .advise("export the graph with a float32 input")),
        }
    }

    fn shape(&self, count: usize, (width, height): (u32, u32)) -> [usize; 4] {
        let (width, height) = (width as usize, height as usize);
        let channels = self.settings.channels.count();
        match self.settings.layout {
            Layout::Nchw => [count, channels, height, width],
            Layout::Nhwc => [count, height, width, channels],
        }
    }

    /// Frames of one size as a tensor of as many rows.
    pub(super) fn tensor(&self, frames: &[&Pixels<'_>]) -> Result<Tensor> {
        let size = frames.first().map_or((0, 0), |one| (one.width, one.height));
        let shape = self.shape(frames.len(), size);
        match &self.table {
            Table::Float32(table) => Tensor::from_vec(shape, self.values(frames, table)),
            Table::Float16(table) => Tensor::from_vec(shape, self.values(frames, table)),
            Table::Uint8 => Tensor::from_vec(shape, self.values(frames, &[identity(); 3])),
        }
    }

    fn values<T: Element + Default + Copy>(
        &self,
        frames: &[&Pixels<'_>],
        table: &[[T; 256]],
    ) -> Vec<T> {
        let length: usize = frames.iter().map(|one| one.data.len()).sum();
        let mut values = vec![T::default(); length];
        let mut rest = values.as_mut_slice();
        for frame in frames {
            let (row, others) = rest.split_at_mut(frame.data.len());
            fill(row, frame, table, self.settings.layout, self.order());
            rest = others;
        }
        values
    }

    /// Which of an image's channels is the graph's first, and so on.
    fn order(&self) -> &'static [usize] {
        match self.settings.channels {
            Channels::Rgb => &[0, 1, 2],
            Channels::Bgr => &[2, 1, 0],
            Channels::Grey => &[0],
        }
    }
}

impl Frame {
    pub(super) fn pixels(&self) -> &Pixels<'static> {
        &self.pixels
    }

    pub(super) fn size(&self) -> (u32, u32) {
        (self.pixels.width, self.pixels.height)
    }
}

/// The edge of a blank image for a graph that takes any.
const BLANK: u32 = 64;

fn fill<T: Copy>(
    row: &mut [T],
    frame: &Pixels<'_>,
    table: &[[T; 256]],
    layout: Layout,
    order: &[usize],
) {
    let channels = frame.channels;
    let pixels = row.len() / channels;
    for (place, channel) in order.iter().enumerate() {
        let values = &table[place];
        let source = frame.data.iter().skip(*channel).step_by(channels);
        match layout {
            Layout::Nchw => {
                let plane = &mut row[place * pixels..(place + 1) * pixels];
                let pairs = plane.iter_mut().zip(source);
                pairs.for_each(|(to, from)| *to = values[usize::from(*from)]);
            }
            Layout::Nhwc => {
                let pairs = row.iter_mut().skip(place).step_by(channels).zip(source);
                pairs.for_each(|(to, from)| *to = values[usize::from(*from)]);
            }
        }
    }
}

fn table(settings: &ImageSettings, dtype: Dtype) -> Option<Table> {
    let channels = 0..settings.channels.count();
    let of = |channel: usize| {
        let mean = settings.mean.get(channel).copied().unwrap_or(0.0);
        let std = settings.std.get(channel).copied().unwrap_or(1.0);
        let value = move |value: usize| ((value as f64 * settings.rescale - mean) / std) as f32;
        std::array::from_fn(value)
    };
    let float32 = channels.map(of).collect::<Vec<[f32; 256]>>();
    match dtype {
        Dtype::Float32 => Some(Table::Float32(float32)),
        Dtype::Float16 => {
            let half = float32.iter().map(|table| table.map(f16::from_f32));
            Some(Table::Float16(half.collect()))
        }
        Dtype::Uint8 => Some(Table::Uint8),
        _ => None,
    }
}

fn identity() -> [u8; 256] {
    std::array::from_fn(|value| value as u8)
}

fn port<'a>(settings: &ImageSettings, signature: &'a Signature) -> Result<&'a Port> {
    let port = match &settings.input {
        Some(name) => signature.input(name),
        None => signature.inputs.first(),
    };
    port.ok_or_else(|| {
        let names = signature.inputs.iter().map(|port| port.name.as_str());
        let names: Vec<_> = names.collect();
        let wanted = settings.input.as_deref().unwrap_or("");
        Error::new(
            ErrorKind::InvalidPackage,
            format!("the graph has no input `{wanted}`"),
        )
        .advise(format!("set `image.input` to one of: {}", names.join(", ")))
    })
}

/// Refuses a size other than the graph's own.
fn check_canvas(settings: &ImageSettings, port: &Port, own: Option<(usize, usize)>) -> Result<()> {
    let said = match (settings.crop, settings.size) {
        (Some(crop), _) => Some(crop),
        (None, Some(ImageSize::Exact(exact))) => Some(exact),
        _ => None,
    };
    let (Some(said), Some((height, width))) = (said, own) else {
        return Ok(());
    };
    if said == extent(height, width) {
        return Ok(());
    }
    Err(unfit(
        port,
        &format!("{} × {} pixels", said.height, said.width),
    ))
}

fn check_area(plan: &Plan, max_pixels: u64) -> Result<()> {
    let area = |(width, height): (u32, u32)| u64::from(width) * u64::from(height);
    if area(plan.resized).max(area(plan.canvas)) <= max_pixels {
        return Ok(());
    }
    let (width, height) = plan.resized;
    let message = format!("the image would be resized to `{width}` × `{height}` pixels");
    Err(Error::new(ErrorKind::InputTooLong, message)
        .with("limit", max_pixels)
        .advise("give an image of less extreme proportions"))
}

fn fixed(dimension: &Dimension) -> Option<usize> {
    match dimension {
        Dimension::Fixed(length) => Some(*length),
        _ => None,
    }
}

fn extent(height: usize, width: usize) -> Extent {
    let edge = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    Extent {
        height: edge(height),
        width: edge(width),
    }
}

fn unfit(port: &Port, wanted: &str) -> Error {
    let message = format!(
        "input `{}` is {} where {wanted} are given",
        port.name, port.kind
    );
    Error::new(ErrorKind::InvalidPackage, message)
        .advise("check `[image]` against the graph: its layout, channels, size and dtype")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(dtype: Dtype, dimensions: [Dimension; 4]) -> Signature {
        Signature {
            inputs: vec![Port::tensor("x", dtype, dimensions)],
            outputs: Vec::new(),
        }
    }

    fn any() -> [Dimension; 4] {
        [
            Dimension::named("batch"),
            Dimension::Any,
            Dimension::Any,
            Dimension::Any,
        ]
    }

    fn image() -> Image {
        let pixels = vec![0_u8, 51, 255, 255, 102, 0];
        Image::pixels(Tensor::from_vec([1, 2, 3], pixels).unwrap()).unwrap()
    }

    fn run(settings: &ImageSettings, dtype: Dtype) -> Tensor {
        let preparer = Preparer::prepare(settings, &graph(dtype, any())).unwrap();
        let frame = preparer.frame(&image()).unwrap();
        preparer.tensor(&[frame.pixels()]).unwrap()
    }

    #[test]
    fn planes_are_scaled_and_normalised() {
        let settings = ImageSettings {
            mean: vec![0.0, 0.2, 0.5],
            std: vec![1.0, 0.5, 0.5],
            ..ImageSettings::default()
        };
        let tensor = run(&settings, Dtype::Float32);
        assert_eq!(**tensor.shape(), [1, 3, 1, 2]);
        let values = tensor.as_slice::<f32>().unwrap();
        for (found, wanted) in values.iter().zip([0.0, 1.0, 0.0, 0.4, 1.0, -1.0]) {
            assert!((found - wanted).abs() < 1e-6, "{values:?}");
        }
    }

    #[test]
    fn channels_come_in_the_order_of_the_graph() {
        let settings = ImageSettings {
            channels: Channels::Bgr,
            layout: Layout::Nhwc,
            ..ImageSettings::default()
        };
        let tensor = run(&settings, Dtype::Uint8);
        assert_eq!(**tensor.shape(), [1, 1, 2, 3]);
        assert_eq!(tensor.as_slice::<u8>().unwrap(), [255, 51, 0, 0, 102, 255]);
        let settings = ImageSettings {
            channels: Channels::Grey,
            ..ImageSettings::default()
        };
        let tensor = run(&settings, Dtype::Float16);
        assert_eq!(**tensor.shape(), [1, 1, 1, 2]);
    }

    #[test]
    fn a_graph_that_does_not_fit_is_refused() {
        let settings = ImageSettings {
            size: Some(ImageSize::Exact(extent(8, 8))),
            ..ImageSettings::default()
        };
        let fixed = |channels, height| {
            let edge = Dimension::Fixed(height);
            [
                Dimension::Any,
                Dimension::Fixed(channels),
                edge.clone(),
                edge,
            ]
        };
        assert!(Preparer::prepare(&settings, &graph(Dtype::Float32, fixed(3, 8))).is_ok());
        for signature in [
            graph(Dtype::Float32, fixed(1, 8)),
            graph(Dtype::Float32, fixed(3, 16)),
            graph(Dtype::Int64, any()),
            Signature {
                inputs: vec![Port::tensor("x", Dtype::Float32, [Dimension::Any])],
                outputs: Vec::new(),
            },
            Signature {
                inputs: Vec::new(),
                outputs: Vec::new(),
            },
        ] {
            let error = Preparer::prepare(&settings, &signature).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidPackage);
        }
    }
}
