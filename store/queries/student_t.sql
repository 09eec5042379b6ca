SELECT freedom, quantile::DOUBLE AS quantile FROM student_t;
