"""Write, audit, publish: readers get new numbers when every data test has passed, and not before."""
