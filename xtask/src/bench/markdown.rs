/// A table with its first column to the left, and figures to the right.
pub(super) fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<_> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let rule = format!("|---|{}\n", "--:|".repeat(head.len() - 1));
    let rows: String = rows.into_iter().map(|row| line(&row)).collect();
    line(&head) + &rule + &rows
}

/// Three significant digits.
pub(super) fn figure(value: f64) -> String {
    if !value.is_finite() {
        return "?".to_owned();
    }
    let magnitude = if value == 0.0 {
        0.0
    } else {
        value.abs().log10().floor()
    };
    let decimals = (2.0 - magnitude).clamp(0.0, 5.0) as usize;
    format!("{value:.decimals$}")
}
