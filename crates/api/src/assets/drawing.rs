//! Black and white pictures of codes.

use barcoders::sym::code128::Code128;
use miniz_oxide::deflate::compress_to_vec_zlib;
use qrcode::{Color, QrCode};

/// The longest side of a picture in pixels: a larger one would be asked for only to keep us busy.
const MAX_SIDE: usize = 4_096;
/// How hard to compress, up to 10. Such pictures get small with little effort.
const EFFORT: u8 = 3;
/// What has to stay white around a QR code, in modules.
const QR_MARGIN: usize = 4;
/// The same beside a barcode, and above and below it.
const BARCODE_MARGIN: usize = 10;
/// How high the bars are, in the width of the thinnest one.
const BAR_HEIGHT: usize = 50;
/// What the size of a picture is for bars: they are many, and stand for less than the squares of a QR code.
const BARS_IN_SIZE: usize = 5;
/// Character set B of Code 128, which has all of printable ASCII.
const SET_B: char = '\u{181}';

/// A picture made of square modules, with its white margin.
pub(super) struct Drawing {
    width: usize,
    height: usize,
    /// Row by row; true is black. One row stands for all if they are the same.
    modules: Vec<bool>,
    /// How many modules together are as wide as the size that was asked for.
    modules_in_size: usize,
}

impl Drawing {
    /// None if the text is too long.
    pub(super) fn qr(text: &str) -> Option<Self> {
        let code = QrCode::new(text).ok()?;
        let (inner, side) = (code.width(), code.width() + 2 * QR_MARGIN);
        let mut modules = vec![false; side * side];
        for (place, color) in code.to_colors().into_iter().enumerate() {
            let (row, column) = (place / inner + QR_MARGIN, place % inner + QR_MARGIN);
            modules[row * side + column] = color == Color::Dark;
        }
        Some(Self { width: side, height: side, modules, modules_in_size: 1 })
    }

    /// None if the text has other characters than printable ASCII.
    pub(super) fn barcode(text: &str) -> Option<Self> {
        let bars = Code128::new(format!("{SET_B}{text}")).ok()?.encode();
        let (width, height) = (bars.len() + 2 * BARCODE_MARGIN, BAR_HEIGHT + 2 * BARCODE_MARGIN);
        let mut modules = vec![false; width * height];
        for row in BARCODE_MARGIN..BARCODE_MARGIN + BAR_HEIGHT {
            for (column, bar) in bars.iter().enumerate() {
                modules[row * width + column + BARCODE_MARGIN] = *bar == 1;
            }
        }
        Some(Self { width, height, modules, modules_in_size: BARS_IN_SIZE })
    }

    fn is_black(&self, row: usize, column: usize) -> bool {
        self.modules[row * self.width + column]
    }

    /// How many pixels a module is wide and high.
    fn scale(&self, size: usize) -> usize {
        let largest = MAX_SIDE / self.width.max(self.height);
        (size / self.modules_in_size).clamp(1, largest.max(1))
    }

    /// As a PNG with one bit for each pixel.
    pub(super) fn png(&self, size: usize) -> Vec<u8> {
        let scale = self.scale(size);
        let (width, height) = (self.width * scale, self.height * scale);
        let mut pixels = Vec::with_capacity(height * (1 + width.div_ceil(8)));
        for row in 0..self.height {
            // Each row begins with the number of its filter: none.
            let mut line = vec![0u8; 1 + width.div_ceil(8)];
            for x in (0..width).filter(|x| !self.is_black(row, x / scale)) {
                line[1 + x / 8] |= 0x80 >> (x % 8);
            }
            for _ in 0..scale {
                pixels.extend_from_slice(&line);
            }
        }
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        let mut header = [(width as u32).to_be_bytes(), (height as u32).to_be_bytes()].concat();
        // One bit of grey, and the only methods there are.
        header.extend([1, 0, 0, 0, 0]);
        chunk(&mut png, b"IHDR", &header);
        chunk(&mut png, b"IDAT", &compress_to_vec_zlib(&pixels, EFFORT));
        chunk(&mut png, b"IEND", &[]);
        png
    }

    /// As an SVG.
    pub(super) fn svg(&self, size: usize) -> String {
        let scale = self.scale(size);
        let mut path = String::new();
        for row in 0..self.height {
            let mut column = 0;
            while column < self.width {
                let run = (column..self.width).take_while(|column| self.is_black(row, *column)).count();
                if run > 0 {
                    path.push_str(&format!("M{column} {row}h{run}v1h-{run}z"));
                }
                column += run.max(1);
            }
        }
        let Self { width, height, .. } = self;
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="{}" viewBox="0 0 {width} {height}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{width}v{height}h-{width}z"/><path d="{path}"/></svg>"##,
            width * scale,
            height * scale,
        )
    }
}

fn chunk(png: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    png.extend_from_slice(&(data.len() as u32).to_be_bytes());
    let start = png.len();
    png.extend_from_slice(name);
    png.extend_from_slice(data);
    let sum = crc(&png[start..]);
    png.extend_from_slice(&sum.to_be_bytes());
}

/// The checksum of PNG, bit by bit: a picture has a few kilobytes.
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use miniz_oxide::inflate::decompress_to_vec_zlib;

    use super::*;

    /// The pixels of a PNG of ours, true for white.
    fn pixels(png: &[u8]) -> Vec<Vec<bool>> {
        let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().expect("four bytes")) as usize;
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        let (width, height, length) = (number(16), number(20), number(33));
        let data = decompress_to_vec_zlib(&png[41..41 + length]).expect("zlib");
        let line = 1 + width.div_ceil(8);
        assert_eq!(data.len(), line * height);
        data.chunks(line).map(|row| (0..width).map(|x| row[1 + x / 8] & (0x80 >> (x % 8)) != 0).collect()).collect()
    }

    #[test]
    fn the_checksum_is_that_of_every_png() {
        assert_eq!(crc(b"IEND"), 0xae42_6082);
    }

    #[test]
    fn a_png_shows_every_module_as_large_as_it_was_asked_for() {
        let drawing = Drawing::qr("SUMMER20").expect("a drawing");
        for (size, scale) in [(1, 1), (3, 3), (100, 100)] {
            let pixels = pixels(&drawing.png(size));
            assert_eq!((pixels.len(), pixels[0].len()), (drawing.height * scale, drawing.width * scale));
            let is_right = |y: usize, x: usize| pixels[y][x] != drawing.is_black(y / scale, x / scale);
            assert!((0..pixels.len()).step_by(scale).all(|y| (0..pixels.len()).all(|x| is_right(y, x))), "{size}");
        }
        let long = Drawing::qr(&"x".repeat(800)).expect("a drawing");
        assert!(long.width * long.scale(100) <= MAX_SIDE);
    }

    #[test]
    fn a_barcode_has_the_bars_of_its_text() {
        let drawing = Drawing::barcode("AB").expect("a drawing");
        // Start B, A, B, checksum (104 + 33 + 2 × 34) mod 103 = 102, stop.
        let expected = ["11010010000", "10100011000", "10001011000", "11110101110", "1100011101011"].concat();
        let row: String = (BARCODE_MARGIN..drawing.width - BARCODE_MARGIN)
            .map(|column| if drawing.is_black(drawing.height / 2, column) { '1' } else { '0' })
            .collect();
        assert_eq!(row, expected);
        assert!(Drawing::barcode("żółw").is_none());
        assert!(Drawing::barcode("a B~ 1").is_some());
    }

    #[test]
    fn an_svg_has_a_run_for_each_run_of_black_modules() {
        let drawing =
            Drawing { width: 3, height: 2, modules: vec![true, true, false, false, false, true], modules_in_size: 1 };
        let svg = drawing.svg(2);
        assert!(svg.contains(r#"width="6" height="4" viewBox="0 0 3 2""#), "{svg}");
        assert!(svg.contains(r#"d="M0 0h2v1h-2zM2 1h1v1h-1z""#), "{svg}");
    }
}
