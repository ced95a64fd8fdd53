// Stands before the user's Worker in `dev`: its clock is ahead of the machine's, as far as the server says.
import { followed } from "date";

let ahead = 0;
const real = Date.now;
followed(() => real() + ahead);

export function move(milliseconds) { ahead = milliseconds; }
