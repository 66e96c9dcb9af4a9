/** order.csv of a prepared sample submission: one column, id, in the order the submission must have. */
export const ORDER_FILE = 'order.csv';
