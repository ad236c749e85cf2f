//! The table of causes. The only module that knows comfy-table.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width};

/// A row: rank, cause, probability, reason.
pub(super) type Row = [String; 4];

/// Lines that the reason of the first row may take; those after it get one.
const FIRST_REASON: usize = 3;

/// Lays the rows out in the width, without borders, wrapped inside their columns.
pub(super) fn causes(mut rows: Vec<Row>, width: usize) -> Vec<String> {
    let mut table = Table::new();
    let width = u16::try_from(width.clamp(40, 200)).unwrap_or(80);
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    let longest = rows.iter().map(|row| row[1].chars().count()).max().unwrap_or(0);
    let title = u16::try_from(longest.min(usize::from(width) * 9 / 20)).unwrap_or(30);
    let reason = usize::from(width.saturating_sub(title + 12)).saturating_sub(2);
    for (at, row) in rows.iter_mut().enumerate() {
        shorten(&mut row[3], reason * if at == 0 { FIRST_REASON } else { 1 });
    }
    for row in rows {
        table.add_row(row);
    }
    let fixed = |columns: u16| ColumnConstraint::Absolute(Width::Fixed(columns));
    for (at, constraint) in
        [fixed(3), fixed(title + 2), fixed(7), fixed(width.saturating_sub(title + 12))].into_iter().enumerate()
    {
        if let Some(column) = table.column_mut(at) {
            column.set_constraint(constraint);
            column.set_padding(if at == 0 { (1, 1) } else { (0, 2) });
            column.set_cell_alignment(if at == 2 { CellAlignment::Right } else { CellAlignment::Left });
        }
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// Cuts at the last word that fits; wrapping needs some room of its own.
fn shorten(text: &mut String, room: usize) {
    let room = room.saturating_sub(room / 12);
    if text.chars().count() <= room {
        return;
    }
    let head: String = text.chars().take(room.saturating_sub(2)).collect();
    let end = head.rfind(' ').filter(|end| end * 4 > head.len() * 3).unwrap_or(head.len());
    *text = format!("{} …", &head[..end]);
}
