/** How a report looks: light and dark as the reader's system is, and on paper. */
export const reportStyle = `
:root { color-scheme: light dark; --ink: #1f2328; --muted: #59636e; --line: #d1d9e0; --page: #ffffff; --good: #1a7f37; --doubt: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --muted: #9198a1; --line: #3d444d; --page: #14181d; --good: #3fb950; --doubt: #d29922; } }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.02rem; margin: 1.8rem 0 .5rem; }
p { margin: .25rem 0; } .muted { color: var(--muted); }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 1rem; margin-top: 1.25rem; }
figure { margin: 0; } img { display: block; width: 100%; border-radius: 6px; } figcaption { color: var(--muted); font-size: .88rem; margin-top: .3rem; overflow-wrap: anywhere; }
.legend { color: var(--muted); font-size: .88rem; } .legend span { display: inline-block; width: 9rem; height: .6rem; border: 1px solid var(--line); border-radius: 3px; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
thead th { color: var(--muted); font-weight: 500; } tbody th { font-weight: 500; min-width: 9rem; }
ul { margin: .25rem 0; padding-left: 1.2rem; } .checks { list-style: none; padding: 0; } .checks li { padding-left: 1.3rem; position: relative; }
.checks li::before { position: absolute; left: 0; } .ok::before { content: "✓"; color: var(--good); } .doubt::before { content: "!"; color: var(--doubt); font-weight: 700; }
footer { margin-top: 2.5rem; font-size: .88rem; }
@media print { main { max-width: none; padding: 0; } section { break-inside: avoid; } }
`;
