import { render } from "preact";

const root = document.getElementById("app");
if (root) render(<p>Swaparoo debugger</p>, root);
