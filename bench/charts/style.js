// The colours of the charts, readable on light and on dark pages: they follow what the reader's system
// prefers.

export const style = `
.plot { font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: currentColor; color: #1f2328; background: none; }
.plot text { white-space: pre; }
.own { fill: #0969da; }
.other { fill: #afb8c1; }
.own-line { stroke: #0969da; }
.quiet { fill: #656d76; }
.grid, .rule { stroke: #8c959f; }
@media (prefers-color-scheme: dark) {
  .plot { color: #e6edf3; }
  .own { fill: #4493f8; }
  .other { fill: #656d76; }
  .own-line { stroke: #4493f8; }
  .quiet { fill: #9198a1; }
}
`;
