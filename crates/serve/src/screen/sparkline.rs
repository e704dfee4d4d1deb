//! A row of numbers as a row of blocks.

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The values, oldest first, in `columns` characters, scaled to their own maximum; the newest is at the right edge.
/// Where there are more values than columns, each column is the mean of its share of them; where there are fewer,
/// the left stays empty. A minute without posts is empty, too, and one post is at least the lowest block.
pub(crate) fn sparkline(values: &[u32], columns: usize) -> String {
    let values = if values.len() > columns {
        means(values, columns)
    } else {
        values.iter().map(|v| f64::from(*v)).collect()
    };
    let highest = values.iter().copied().fold(0.0, f64::max);
    let mut line = " ".repeat(columns - values.len());
    line.extend(values.iter().map(|value| block(*value, highest)));
    line
}

/// Means of `columns` shares of the values, which are more than that.
fn means(values: &[u32], columns: usize) -> Vec<f64> {
    let share =
        |column: usize| &values[column * values.len() / columns..(column + 1) * values.len() / columns];
    let mean = |share: &[u32]| share.iter().map(|v| f64::from(*v)).sum::<f64>() / share.len() as f64;
    (0..columns).map(|column| mean(share(column))).collect()
}

fn block(value: f64, highest: f64) -> char {
    if value <= 0.0 {
        return ' ';
    }
    let step = BLOCKS.iter().enumerate().rev().find(|(step, _)| value / highest * 8.0 > *step as f64);
    step.map_or(BLOCKS[0], |(_, block)| *block)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_scale_is_the_rows_own_and_nothing_is_empty() {
        assert_eq!(sparkline(&[0, 1, 2, 3, 4, 5, 6, 7, 8], 9), " ▁▂▃▄▅▆▇█");
        assert_eq!(sparkline(&[1, 4_000_000_000], 4), "  ▁█");
        assert_eq!(sparkline(&[8, 8, 0, 0, 2, 2], 3), "█ ▂");
        assert_eq!(sparkline(&[], 3), "   ");
        assert_eq!(sparkline(&[1, 2], 0), "");
    }

    proptest! {
        #[test]
        fn it_is_as_wide_as_asked(values in prop::collection::vec(any::<u32>(), 0..90), columns in 0..70_usize) {
            prop_assert_eq!(sparkline(&values, columns).chars().count(), columns);
        }
    }
}
