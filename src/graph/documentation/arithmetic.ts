/** Elementwise arithmetic, comparison, logic and bits. Rows as in index.ts: name | inputs | outputs | attributes | sentence. */
export const arithmetic = `
Abs | X | Y |  | Takes the magnitude of each element.
Acos | input | output |  | Takes the arc cosine of each element, in radians.
Acosh | input | output |  | Takes the inverse hyperbolic cosine of each element.
Add | A, B | C |  | Adds two tensors element by element, broadcasting dims of 1.
And | A, B | C |  | True where both elements are true.
Asin | input | output |  | Takes the arc sine of each element, in radians.
Asinh | input | output |  | Takes the inverse hyperbolic sine of each element.
Atan | input | output |  | Takes the arc tangent of each element, in radians.
Atanh | input | output |  | Takes the inverse hyperbolic tangent of each element.
BitShift | X, Y | Z | direction | Shifts the bits of whole numbers to the left or right.
BitwiseAnd | A, B | C |  | Combines the bits of two whole numbers by AND.
BitwiseNot | X | Y |  | Flips every bit of whole numbers.
BitwiseOr | A, B | C |  | Combines the bits of two whole numbers by OR.
BitwiseXor | A, B | C |  | Combines the bits of two whole numbers by exclusive OR.
Ceil | X | Y |  | Rounds each element up to a whole number.
Cos | input | output |  | Takes the cosine of each element, in radians.
Cosh | input | output |  | Takes the hyperbolic cosine of each element.
CumProd | x, axis | y | exclusive=0 reverse=0 | Multiplies along an axis, giving the product of all elements so far.
CumSum | x, axis | y | exclusive=0 reverse=0 | Adds up along an axis, giving the sum of all elements so far.
Div | A, B | C |  | Divides two tensors element by element; whole numbers are cut towards zero.
Equal | A, B | C |  | True where two elements are equal.
Erf | input | output |  | Takes the Gauss error function of each element.
Exp | input | output |  | Raises e to the power of each element.
Floor | X | Y |  | Rounds each element down to a whole number.
Greater | A, B | C |  | True where the first element is larger than the second.
GreaterOrEqual | A, B | C |  | True where the first element is at least the second.
IsInf | X | Y | detect_negative=1 detect_positive=1 | True where an element is infinite.
IsNaN | X | Y |  | True where an element is not a number.
Less | A, B | C |  | True where the first element is smaller than the second.
LessOrEqual | A, B | C |  | True where the first element is at most the second.
Log | input | output |  | Takes the natural logarithm of each element.
Max | data_0… | max |  | Takes the largest of several tensors, element by element.
Mean | data_0… | mean |  | Takes the mean of several tensors, element by element.
Min | data_0… | min |  | Takes the smallest of several tensors, element by element.
Mod | A, B | C | fmod=0 | Takes the remainder of a division, element by element.
Mul | A, B | C |  | Multiplies two tensors element by element, broadcasting dims of 1.
Neg | X | Y |  | Changes the sign of each element.
Not | X | Y |  | True where an element is false.
Or | A, B | C |  | True where at least one of two elements is true.
Pow | X, Y | Z |  | Raises the elements of one tensor to the powers in another.
Reciprocal | X | Y |  | Divides 1 by each element.
Round | X | Y |  | Rounds each element to the nearest whole number, halves to the even one.
Sign | input | output |  | Gives −1, 0 or 1 by the sign of each element.
Sin | input | output |  | Takes the sine of each element, in radians.
Sinh | input | output |  | Takes the hyperbolic sine of each element.
Sqrt | X | Y |  | Takes the square root of each element.
Sub | A, B | C |  | Subtracts one tensor from another element by element, broadcasting dims of 1.
Sum | data_0… | sum |  | Adds several tensors element by element.
Tan | input | output |  | Takes the tangent of each element, in radians.
Where | condition, X, Y | output |  | Chooses each element from one of two tensors by a condition.
Xor | A, B | C |  | True where exactly one of two elements is true.
`;
