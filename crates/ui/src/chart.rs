//! Figures as bars: a table that is readable without the bars, with a `<progress>` in each row. No picture, no script.

use askama::Template;

use crate::format::number;
use crate::html::{Html, component};
use crate::text::{Lang, Text};

/// A figure that may not be there. Missing is never zero, and a small number is never shown (SPEC NE-15, NE-16).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// A number.
    Known(u64),
    /// Nobody sent one.
    Missing,
    /// Too few to show safely.
    Suppressed,
}

/// Bars, one per line.
#[derive(Debug, Clone, Template)]
#[template(path = "bar_chart.html")]
pub struct BarChart {
    text: Text,
    caption: Html,
    label_head: Html,
    figure_head: Html,
    bars: Vec<(Html, Figure)>,
}

impl BarChart {
    /// A chart with a caption and the headings of its two columns.
    pub fn new(
        lang: Lang,
        caption: impl Into<Html>,
        label_head: impl Into<Html>,
        figure_head: impl Into<Html>,
    ) -> Self {
        Self {
            text: Text::new(lang),
            caption: caption.into(),
            label_head: label_head.into(),
            figure_head: figure_head.into(),
            bars: Vec::new(),
        }
    }

    /// Adds a bar.
    #[must_use]
    pub fn bar(mut self, label: impl Into<Html>, figure: Figure) -> Self {
        self.bars.push((label.into(), figure));
        self
    }

    /// The longest bar; at least 1 so that a bar always has a length to be part of.
    fn longest(&self) -> u64 {
        let known = self.bars.iter().filter_map(|(_, figure)| match figure {
            Figure::Known(n) => Some(*n),
            Figure::Missing | Figure::Suppressed => None,
        });
        known.max().unwrap_or(0).max(1)
    }

    /// Label, length of the bar if there is one, words.
    fn rows(&self) -> Vec<(&Html, Option<u64>, Html)> {
        let rows = self.bars.iter().map(|(label, figure)| {
            let length = match figure {
                Figure::Known(n) => Some(*n),
                Figure::Missing | Figure::Suppressed => None,
            };
            (label, length, self.words(*figure))
        });
        rows.collect()
    }

    fn words(&self, figure: Figure) -> Html {
        match figure {
            Figure::Known(n) => Html::text(number(i64::try_from(n).unwrap_or(i64::MAX))),
            Figure::Missing => self.text.t("component-bar-missing"),
            Figure::Suppressed => self.text.t("component-bar-suppressed"),
        }
    }
}

component!(BarChart, |lang| Self::new(
    lang,
    "Referrals this month",
    "Place",
    "Referrals"
)
.bar("Leeds", Figure::Known(120))
.bar("Bradford", Figure::Missing)
.bar("Otley", Figure::Suppressed));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::Component as _;

    #[test]
    fn ne_16_missing_and_suppressed_figures_have_no_bar_and_are_never_zero() {
        let chart = BarChart::sample(Lang::En).html();
        assert_eq!(chart.as_str().matches("<progress").count(), 1);
        assert!(chart.as_str().contains("no figure"));
        assert!(chart.as_str().contains("too few to show safely"));
        assert!(!chart.as_str().contains(">0<"));
    }
}
