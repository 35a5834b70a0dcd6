// The colours of the charts, readable on light and on dark pages: they follow what the reader's system
// prefers.

export const style = `
.plot { font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: currentColor; color: #1f2328; background: none; }
.plot text { white-space: pre; }
.title { font-size: 15px; font-weight: 600; }
.quiet { fill: #656d76; }
.own, .own-text { fill: #0969da; stroke: none; }
.own-text { font-weight: 600; }
.other { fill: #9aa4ae; stroke: none; }
.own-line { stroke: #0969da; }
.other-line, .grid { stroke: #9aa4ae; }
@media (prefers-color-scheme: dark) {
  .plot { color: #e6edf3; }
  .quiet { fill: #9198a1; }
  .own, .own-text { fill: #4493f8; }
  .other { fill: #7d8590; }
  .own-line { stroke: #4493f8; }
  .other-line, .grid { stroke: #7d8590; }
}
`;
