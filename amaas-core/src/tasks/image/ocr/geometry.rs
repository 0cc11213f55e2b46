//! Rectangles at any angle around what a detector marked: pure geometry.

use imageproc::geometry::convex_hull;
use imageproc::point::Point;

/// Four corners in clockwise order, the upper left one first.
pub(super) type Quad = [[f64; 2]; 4];

/// A rectangle at any angle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rectangle {
    middle: [f64; 2],
    /// A unit vector along `width`.
    along: [f64; 2],
    width: f64,
    height: f64,
}

impl Rectangle {
    /// The rectangle of the least area around points; `None` without any.
    pub(super) fn around(points: &[Point<i32>]) -> Option<Self> {
        let hull = match points.len() {
            0..=2 => points.to_vec(),
            _ => convex_hull(points),
        };
        let hull: Vec<[f64; 2]> = hull
            .iter()
            .map(|point| [f64::from(point.x), f64::from(point.y)])
            .collect();
        let first = hull.first()?;
        let next = hull.iter().skip(1).chain([first]);
        let edges = hull
            .iter()
            .zip(next)
            .filter_map(|(from, to)| unit(from, to));
        let upright = Self::along(&hull, [1.0, 0.0]);
        let all = edges.map(|edge| Self::along(&hull, edge));
        Some(all.fold(upright, |least, one| {
            if one.area() < least.area() {
                one
            } else {
                least
            }
        }))
    }

    /// The rectangle around points with one edge in this direction.
    fn along(points: &[[f64; 2]], along: [f64; 2]) -> Self {
        let across = [-along[1], along[0]];
        let (low, high) = range(points, along);
        let (left, right) = range(points, across);
        let at = |axis: usize| {
            along[axis].mul_add((low + high) / 2.0, across[axis] * (left + right) / 2.0)
        };
        Self {
            middle: [at(0), at(1)],
            along,
            width: high - low,
            height: right - left,
        }
    }

    pub(super) fn area(&self) -> f64 {
        self.width * self.height
    }

    pub(super) fn perimeter(&self) -> f64 {
        2.0 * (self.width + self.height)
    }

    /// The length of its shorter edges.
    pub(super) fn shorter(&self) -> f64 {
        self.width.min(self.height)
    }

    /// The same, with every edge moved outwards.
    pub(super) fn grown(self, distance: f64) -> Self {
        Self {
            width: self.width + 2.0 * distance,
            height: self.height + 2.0 * distance,
            ..self
        }
    }

    /// Its corners.
    pub(super) fn corners(&self) -> Quad {
        let [x, y] = self.along;
        let (wide, high) = (self.width / 2.0, self.height / 2.0);
        let corner = |w: f64, h: f64| {
            let right = self.middle[0] + x * w - y * h;
            [right, self.middle[1] + y * w + x * h]
        };
        clockwise([
            corner(-wide, -high),
            corner(wide, -high),
            corner(wide, high),
            corner(-wide, high),
        ])
    }
}

/// The direction from one point to another; `None` where they are the same.
fn unit(from: &[f64; 2], to: &[f64; 2]) -> Option<[f64; 2]> {
    let (x, y) = (to[0] - from[0], to[1] - from[1]);
    let length = x.hypot(y);
    (length > 0.0).then(|| [x / length, y / length])
}

/// How far points reach in a direction, both ways.
fn range(points: &[[f64; 2]], direction: [f64; 2]) -> (f64, f64) {
    let places = points
        .iter()
        .map(|[x, y]| x * direction[0] + y * direction[1]);
    places.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), place| {
        (low.min(place), high.max(place))
    })
}

/// Corners in clockwise order: of the two on the left the upper one first.
pub(super) fn clockwise(mut corners: Quad) -> Quad {
    corners.sort_by(|one, other| one[0].total_cmp(&other[0]));
    let [first, second, third, fourth] = corners;
    let by_height = |one: [f64; 2], other: [f64; 2]| match one[1] <= other[1] {
        true => (one, other),
        false => (other, one),
    };
    let (upper_left, lower_left) = by_height(first, second);
    let (upper_right, lower_right) = by_height(third, fourth);
    [upper_left, upper_right, lower_right, lower_left]
}

/// The length of the line between two points.
pub(super) fn distance(one: [f64; 2], other: [f64; 2]) -> f64 {
    (one[0] - other[0]).hypot(one[1] - other[1])
}

/// Whether a point lies in a convex shape or on its edge.
pub(super) fn contains(quad: &Quad, x: f64, y: f64) -> bool {
    let next = quad.iter().cycle().skip(1);
    let sides = quad
        .iter()
        .zip(next)
        .map(|(from, to)| (to[0] - from[0]) * (y - from[1]) - (to[1] - from[1]) * (x - from[0]));
    let (mut left, mut right) = (false, false);
    for side in sides {
        left |= side < 0.0;
        right |= side > 0.0;
    }
    !(left && right)
}

/// Puts boxes into the order in which they are read: from top to bottom, and those whose tops are
/// less than 10 pixels apart from left to right.
pub(super) fn in_reading_order(boxes: &mut [Quad]) {
    const SAME_LINE: f64 = 10.0;
    let corner = |quad: &Quad| quad[0];
    boxes.sort_by(|one, other| {
        let ([x, y], [other_x, other_y]) = (corner(one), corner(other));
        y.total_cmp(&other_y).then(x.total_cmp(&other_x))
    });
    for last in 1..boxes.len() {
        let mut place = last;
        while place > 0 {
            let ([x, y], [before_x, before_y]) = (corner(&boxes[place]), corner(&boxes[place - 1]));
            if (y - before_y).abs() >= SAME_LINE || x >= before_x {
                break;
            }
            boxes.swap(place, place - 1);
            place -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn point(x: i32, y: i32) -> Point<i32> {
        Point::new(x, y)
    }

    #[test]
    fn a_diamond_is_a_square_on_its_corner() {
        let points = [point(0, -5), point(5, 0), point(0, 5), point(-5, 0)];
        let rectangle = Rectangle::around(&points).unwrap();
        assert!((rectangle.area() - 50.0).abs() < 1e-9);
        assert!((rectangle.shorter() - 50.0_f64.sqrt()).abs() < 1e-9);
        let grown = rectangle.grown(1.0);
        assert!((grown.perimeter() - rectangle.perimeter() - 8.0).abs() < 1e-9);
    }

    #[test]
    fn few_points_have_a_rectangle_too() {
        assert_eq!(Rectangle::around(&[]), None);
        assert_eq!(Rectangle::around(&[point(3, 4)]).unwrap().area(), 0.0);
        let line = Rectangle::around(&[point(0, 0), point(3, 4)]).unwrap();
        assert!(line.shorter() < 1e-9);
        assert!((line.perimeter() - 10.0).abs() < 1e-9);
    }

    #[test]
    fn lines_are_read_from_the_left_though_one_is_a_little_higher() {
        let at = |x: f64, y: f64| [[x, y], [x + 5.0, y], [x + 5.0, y + 5.0], [x, y + 5.0]];
        let mut boxes = [at(50.0, 12.0), at(0.0, 40.0), at(0.0, 15.0), at(25.0, 14.0)];
        in_reading_order(&mut boxes);
        let lefts = boxes.map(|quad| quad[0]);
        assert_eq!(
            lefts,
            [[0.0, 15.0], [25.0, 14.0], [50.0, 12.0], [0.0, 40.0]]
        );
    }

    proptest! {
        #[test]
        fn the_least_rectangle_holds_every_point_and_is_no_larger_than_the_upright_one(
            points in proptest::collection::vec((-50_i32..50, -50_i32..50), 3..40)
        ) {
            let points: Vec<_> = points.into_iter().map(|(x, y)| point(x, y)).collect();
            let rectangle = Rectangle::around(&points).unwrap();
            let quad = rectangle.grown(1e-6).corners();
            for one in &points {
                prop_assert!(contains(&quad, f64::from(one.x), f64::from(one.y)), "{one:?} {quad:?}");
            }
            let (low, high) = (points.iter().map(|p| p.x).min(), points.iter().map(|p| p.x).max());
            let (top, bottom) = (points.iter().map(|p| p.y).min(), points.iter().map(|p| p.y).max());
            let edge = |low: Option<i32>, high: Option<i32>| f64::from(high.unwrap() - low.unwrap());
            prop_assert!(rectangle.area() <= edge(low, high) * edge(top, bottom) + 1e-6);
        }
    }
}
