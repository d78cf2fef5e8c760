//! Drawings in SVG. Their colours fit a light and a dark page.

use std::fmt::Write;

use super::markdown::figure;

const WIDTH: f64 = 760.0;
const COLOURS: [&str; 6] = [
    "#3b7dd8", "#d9822b", "#2f9e5f", "#c0507f", "#8a63d2", "#7d8590",
];
/// The colour of texts and lines.
const STYLE: &str = "text{font:13px sans-serif;fill:#424a53}.title{font-size:16px;font-weight:600}.grid{stroke:#8b949e;\
                     stroke-opacity:.35}@media(prefers-color-scheme:dark){text{fill:#c9d1d9}}";

/// Values of a series, each at a place across.
pub(super) struct Line {
    pub(super) name: &'static str,
    pub(super) points: Vec<(f64, f64)>,
}

/// A group of bars, one for each series.
pub(super) struct Bars<const SERIES: usize> {
    pub(super) name: &'static str,
    pub(super) values: [f64; SERIES],
}

/// Values in a range of powers of ten, and where they are drawn.
struct Scale {
    /// The exponents at the ends.
    powers: (f64, f64),
    /// The places of the ends.
    places: (f64, f64),
}

impl Scale {
    fn new(values: impl Iterator<Item = f64> + Clone, places: (f64, f64)) -> Self {
        let least = values.clone().fold(f64::INFINITY, f64::min);
        let most = values.fold(f64::MIN_POSITIVE, f64::max);
        let powers = (least.log10().floor(), most.log10().ceil());
        Self {
            powers: (powers.0, powers.1.max(powers.0 + 1.0)),
            places,
        }
    }

    fn place(&self, value: f64) -> f64 {
        let (start, end) = self.powers;
        let part = (value.log10() - start) / (end - start);
        self.places.0 + part * (self.places.1 - self.places.0)
    }

    /// The powers of ten.
    fn marks(&self) -> impl Iterator<Item = f64> {
        let (start, end) = self.powers;
        (start as i32..=end as i32).map(|power| 10_f64.powi(power))
    }
}

/// Lines between points, on logarithmic axes with these names.
pub(super) fn lines(title: &str, across: &str, up: &str, series: &[Line]) -> String {
    let (left, right, top, bottom) = (64.0, 560.0, 48.0, 340.0);
    let points = || series.iter().flat_map(|line| line.points.iter().copied());
    let x = Scale::new(points().map(|(x, _)| x), (left, right));
    let y = Scale::new(points().map(|(_, y)| y), (bottom, top));
    let mut drawing = String::new();
    for mark in x.marks() {
        let place = x.place(mark);
        drawing += &rule((place, top), (place, bottom));
        drawing += &text((place, bottom + 18.0), "middle", &number(mark));
    }
    for mark in y.marks() {
        let place = y.place(mark);
        drawing += &rule((left, place), (right, place));
        drawing += &text((left - 8.0, place + 4.0), "end", &number(mark));
    }
    drawing += &text(((left + right) / 2.0, bottom + 38.0), "middle", across);
    drawing += &text((left, top - 8.0), "middle", up);
    // Names at the ends of lines, moved apart.
    let mut ends: Vec<_> = series.iter().zip(COLOURS).collect();
    let last = |line: &Line| {
        line.points
            .last()
            .map_or(bottom, |(_, value)| y.place(*value))
    };
    ends.sort_by(|(a, _), (b, _)| last(a).total_cmp(&last(b)));
    let mut lowest = f64::NEG_INFINITY;
    for (line, colour) in ends {
        let places = line.points.iter().map(|(a, b)| (x.place(*a), y.place(*b)));
        let path: Vec<_> = places
            .clone()
            .map(|(x, y)| format!("{x:.1},{y:.1}"))
            .collect();
        let _ = write!(
            drawing,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            path.join(" ")
        );
        for (x, y) in places {
            let _ = write!(
                drawing,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{colour}\"/>"
            );
        }
        lowest = last(line).max(lowest + 17.0);
        let _ = write!(
            drawing,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"10\" height=\"10\" fill=\"{colour}\"/>",
            right + 14.0,
            lowest - 5.0
        );
        drawing += &text((right + 30.0, lowest + 4.0), "start", line.name);
    }
    document(title, bottom + 54.0, &drawing)
}

/// Horizontal bars in groups, on a logarithmic axis.
pub(super) fn bars<const SERIES: usize>(
    title: &str,
    unit: &str,
    series: [&str; SERIES],
    groups: &[Bars<SERIES>],
) -> String {
    let (left, right, top, thick) = (180.0, 680.0, 76.0, 15.0);
    let values = groups.iter().flat_map(|group| group.values);
    let x = Scale::new(values, (left, right));
    let group_height = thick * SERIES as f64 + 12.0;
    let bottom = top + group_height * groups.len() as f64;
    let mut drawing = String::new();
    for mark in x.marks() {
        drawing += &rule((x.place(mark), top), (x.place(mark), bottom));
        drawing += &text((x.place(mark), bottom + 18.0), "middle", &number(mark));
    }
    drawing += &text(((left + right) / 2.0, bottom + 38.0), "middle", unit);
    for (number, (name, colour)) in series.iter().zip(COLOURS).enumerate() {
        let place = left + 130.0 * number as f64;
        drawing += &bar((place, 44.0), (10.0, 10.0), colour);
        drawing += &text((place + 16.0, 53.0), "start", name);
    }
    let mut place = top + 6.0;
    for group in groups {
        let middle = place + thick * SERIES as f64 / 2.0 + 4.0;
        drawing += &text((left - 10.0, middle), "end", group.name);
        for (value, colour) in group.values.iter().zip(COLOURS) {
            let end = x.place(*value);
            drawing += &bar((left, place), (end - left, thick - 2.0), colour);
            drawing += &text((end + 6.0, place + 11.0), "start", &figure(*value));
            place += thick;
        }
        place += 12.0;
    }
    document(title, bottom + 54.0, &drawing)
}

fn document(title: &str, height: f64, drawing: &str) -> String {
    let title = text((16.0, 26.0), "start\" class=\"title", title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\"><style>{STYLE}</style>{title}{drawing}\
         </svg>\n"
    )
}

fn bar((x, y): (f64, f64), (width, height): (f64, f64), colour: &str) -> String {
    format!(
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{colour}\"/>\n"
    )
}

fn rule((x1, y1): (f64, f64), (x2, y2): (f64, f64)) -> String {
    format!("<path class=\"grid\" d=\"M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\"/>\n")
}

fn text((x, y): (f64, f64), anchor: &str, text: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>\n")
}

/// A power of ten.
fn number(value: f64) -> String {
    value.to_string()
}
