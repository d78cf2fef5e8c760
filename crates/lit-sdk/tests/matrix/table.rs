//! Outcomes as a Markdown table.

use std::{fmt, time::Duration};

/// One table: rows of faults, columns of how many nodes have it.
pub(crate) struct Table {
    title: String,
    columns: Vec<String>,
    rows: Vec<(String, Vec<Cell>)>,
}

/// What came of an operation.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) took: Option<Duration>,
    /// What is wrong with it.
    pub(crate) wrong: Option<String>,
}

impl Table {
    pub(crate) fn new(title: impl Into<String>, columns: Vec<String>) -> Self {
        Self {
            title: title.into(),
            columns,
            rows: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, row: impl Into<String>, cells: Vec<Cell>) {
        self.rows.push((row.into(), cells));
    }

    /// What is wrong, by row and column.
    pub(crate) fn failures(&self) -> Vec<String> {
        let of_row = |(row, cells): &(String, Vec<Cell>)| {
            let columns = cells.iter().zip(&self.columns);
            let wrong = columns.filter_map(|(cell, column)| {
                let wrong = cell.wrong.as_ref()?;
                Some(format!("{}, {row}, {column}: {wrong}", self.title))
            });
            wrong.collect::<Vec<_>>()
        };
        self.rows.iter().flat_map(of_row).collect()
    }
}

impl Cell {
    pub(crate) fn new(text: impl Into<String>, took: Duration) -> Self {
        Self {
            text: text.into(),
            took: Some(took),
            wrong: None,
        }
    }

    /// Where nothing was done.
    pub(crate) fn empty() -> Self {
        Self {
            text: "-".to_owned(),
            took: None,
            wrong: None,
        }
    }

    pub(crate) fn expect(mut self, is_right: bool, wrong: impl Into<String>) -> Self {
        if !is_right {
            self.wrong.get_or_insert(wrong.into());
        }
        self
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        if let Some(took) = self.took {
            write!(f, ", {} ms", took.as_millis())?;
        }
        if self.wrong.is_some() {
            f.write_str(" (wrong)")?;
        }
        Ok(())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "### {}\n", self.title)?;
        writeln!(f, "| | {} |", self.columns.join(" | "))?;
        writeln!(f, "|---|{}", "---|".repeat(self.columns.len()))?;
        for (row, cells) in &self.rows {
            let cells: Vec<String> = cells.iter().map(Cell::to_string).collect();
            writeln!(f, "| {row} | {} |", cells.join(" | "))?;
        }
        Ok(())
    }
}
