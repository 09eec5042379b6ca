SELECT freedom, quantile FROM student_t;
